/** Versions of the kernel's memory model that litmus tests may be answered for. */
export const KERNEL_VERSIONS = ['now', 'before-v5.17'] as const;

/** One of them. */
export type KernelVersion = (typeof KERNEL_VERSIONS)[number];
