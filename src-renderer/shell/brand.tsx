/** The mark: a gate with a lock. Drawn like the icons of the interface. */
export function BrandMark({ size = 16 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d="M19 8V5a2 2 0 00-2-2H7a2 2 0 00-2 2v16" />
      <path d="M2 21h8" />
      <path d="M20 16v-2a2 2 0 00-4 0v2" />
      <path d="M9 12h.01" />
      <rect x="14" y="16" width="8" height="5" rx="1" />
    </svg>
  )
}
