import { Button, createTheme, Modal, ActionIcon, Tooltip, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core'

/** Ten steps of the one accent; 6 is the light theme's value and 4 the dark one's. Only JavaScript reads them: see mantine.css. */
const accent: MantineColorsTuple = [
  '#e4edf7',
  '#cfe0f2',
  '#b6d2f0',
  '#9cc5ef',
  '#7fb2e6',
  '#4a86c6',
  '#1f5c9e',
  '#184a80',
  '#123a66',
  '#0d2a4a',
]

interface VariantColors {
  background: string
  hover: string
  color: string
  border: string
}

/** Destructive is an outline, never a fill; `quiet` shows its shape on hover only. */
const variants: Record<string, VariantColors> = {
  filled: {
    background: 'var(--gh-accent)',
    hover: 'var(--gh-accent-hover)',
    color: 'var(--gh-on-accent)',
    border: '1px solid var(--gh-accent)',
  },
  default: {
    background: 'var(--gh-bg-surface)',
    hover: 'var(--gh-bg-hover)',
    color: 'var(--gh-text)',
    border: '1px solid var(--gh-line-button)',
  },
  danger: {
    background: 'var(--gh-bg-surface)',
    hover: 'var(--gh-denied-bg)',
    color: 'var(--gh-denied)',
    border: '1px solid var(--gh-denied-mark)',
  },
  quiet: { background: 'transparent', hover: 'var(--gh-bg-hover)', color: 'var(--gh-text-2)', border: '1px solid transparent' },
}

const variantColorResolver: VariantColorsResolver = ({ variant }) => {
  const colors = variants[variant]
  if (colors === undefined) throw new Error(`There is no button variant named ${variant}.`)
  return { ...colors, hoverColor: colors.color }
}

/** Buttons are 32 px (`md`) or 24 px (`sm`); nothing is smaller. */
export const theme = createTheme({
  fontFamily: 'var(--gh-font)',
  fontFamilyMonospace: 'var(--gh-mono)',
  colors: { accent },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    Button: Button.extend({
      defaultProps: { variant: 'default', size: 'md' },
      vars: (_theme, props) => ({
        root:
          props.size === 'sm'
            ? { '--button-height': '24px', '--button-padding-x': '8px', '--button-fz': '12px' }
            : { '--button-height': '32px', '--button-padding-x': '12px', '--button-fz': '13px' },
      }),
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { variant: 'quiet', size: 'md' },
      vars: (_theme, props) => ({ root: { '--ai-size': props.size === 'sm' ? '24px' : '32px' } }),
    }),
    Modal: Modal.extend({
      // The page behind never scrolls, and the lock would write a <style> element.
      defaultProps: { centered: true, lockScroll: false, closeButtonProps: { 'aria-label': 'Close' }, transitionProps: { duration: 120 } },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, transitionProps: { duration: 120 }, events: { hover: true, focus: true, touch: false } },
    }),
    TextInput: { defaultProps: { size: 'md', inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    Textarea: { defaultProps: { size: 'md', inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    NumberInput: { defaultProps: { size: 'md', inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    Select: {
      defaultProps: {
        size: 'md',
        inputWrapperOrder: ['label', 'input', 'description', 'error'],
        allowDeselect: false,
        checkIconPosition: 'right',
      },
    },
    MultiSelect: { defaultProps: { size: 'md', inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    TagsInput: { defaultProps: { size: 'md', inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
  },
})
