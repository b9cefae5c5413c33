export { AddressSpaces, Process, type AddressSpacesOptions, type MmErrno, type MmResult } from './address-spaces.js';
export type { Area } from './vma.js';
