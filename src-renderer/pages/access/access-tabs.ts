export const accessTabs = ['now', 'waiting', 'rules', 'history'] as const
export type AccessTab = (typeof accessTabs)[number]

export const isAccessTab = (name: unknown): name is AccessTab => accessTabs.some((tab) => tab === name)
