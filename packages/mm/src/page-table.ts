/**
 * Page tables of one level: an entry for each page of an address space. An entry is one word, so the hardware's walk reads
 * it whole; the kernel writes it under the table's lock, the hardware looks at it whenever it likes.
 *
 * Addresses are page numbers inside this package, and byte addresses where hooks are called.
 */
import { spinlockT } from '@shootdown/kernel/model';
import { array, bool, struct, u32, type ViewOf } from '@shootdown/machine';

/** Pages of an address space; a model uses those below its own number of them. */
export const MAX_PAGES = 8;
/** A page is 4096 bytes. @source arch/x86/include/asm/page_types.h PAGE_SHIFT v5.10 */
export const PAGE_SHIFT = 12n;

/** The byte address at which a page begins, for what is told to the outside. */
export const addressOf = (page: number): bigint => BigInt(page) << PAGE_SHIFT;

/** Bit of an entry: the page is there. @source arch/x86/include/asm/pgtable_types.h _PAGE_PRESENT v5.10 */
export const PTE_PRESENT = 1;
/** Bit of an entry: the page may be written. @source arch/x86/include/asm/pgtable_types.h _PAGE_RW v5.10 */
export const PTE_WRITE = 2;
/** Bit of an entry that is not present: the page is on its way to another frame. @source include/linux/swapops.h is_migration_entry() v5.10 */
export const PTE_MIGRATION = 4;
/**
 * Bit of an entry that hardware takes for one that is not present: the page is there, and the next access faults, as NUMA balancing wants.
 *
 * @source arch/x86/include/asm/pgtable_types.h _PAGE_PROTNONE v5.10
 */
export const PTE_PROTNONE = 8;

const PFN_SHIFT = 4;

/**
 * The entry of a page that is there.
 *
 * @param pfn - number of the page frame, from 0
 * @source arch/x86/include/asm/pgtable.h pfn_pte() v5.10
 */
export const pfnPte = (pfn: number, isWritable: boolean): number =>
  (pfn << PFN_SHIFT) | PTE_PRESENT | (isWritable ? PTE_WRITE : 0);
/** The entry of a page that is being moved away from a frame. @source include/linux/swapops.h make_migration_entry() v5.10 */
export const migrationPte = (pfn: number): number => (pfn << PFN_SHIFT) | PTE_MIGRATION;
/** Number of the frame in an entry. @source arch/x86/include/asm/pgtable.h pte_pfn() v5.10 */
export const ptePfn = (entry: number): number => entry >>> PFN_SHIFT;
/** Whether the page is there, for the kernel. @source arch/x86/include/asm/pgtable.h pte_present() v5.10 */
export const ptePresent = (entry: number): boolean => (entry & (PTE_PRESENT | PTE_PROTNONE)) !== 0;
/** Whether the page is there, for hardware. @source arch/x86/include/asm/pgtable.h pte_accessible() v5.10 */
export const pteAccessible = (entry: number): boolean => (entry & PTE_PRESENT) !== 0;
/** Whether the page is there, and hardware may not know. @source arch/x86/include/asm/pgtable.h pte_protnone() v5.10 */
export const pteProtnone = (entry: number): boolean => (entry & (PTE_PRESENT | PTE_PROTNONE)) === PTE_PROTNONE;
/** Whether the page is there and may be written. @source arch/x86/include/asm/pgtable.h pte_write() v5.10 */
export const pteWrite = (entry: number): boolean => pteAccessible(entry) && (entry & PTE_WRITE) !== 0;
/** Whether the page is being moved. @source include/linux/swapops.h is_migration_entry() v5.10 */
export const pteMigration = (entry: number): boolean => !ptePresent(entry) && (entry & PTE_MIGRATION) !== 0;
/** The entry without the right to write. @source arch/x86/include/asm/pgtable.h pte_wrprotect() v5.10 */
export const pteWrprotect = (entry: number): number => entry & ~PTE_WRITE;

/** An entry as traces print it, such as `pfn 3 rw`. */
export function pteText(entry: number): string {
  if (pteMigration(entry)) return `migrating from pfn ${ptePfn(entry)}`;
  if (!ptePresent(entry)) return entry === 0 ? 'none' : `0x${entry.toString(16)}`;
  if (pteProtnone(entry)) return `pfn ${ptePfn(entry)} PROT_NONE`;
  return `pfn ${ptePfn(entry)} ${pteWrite(entry) ? 'rw' : 'ro'}`;
}

/**
 * A page table. `young` is the accessed bit of each entry, a word of its own because the hardware sets it without the lock.
 *
 * @source include/linux/mm_types.h pgd_t v5.10
 */
export const PageTable = struct('pgd', {
  lock: spinlockT,
  entries: array(u32.printedBy(pteText).writesGuardedBy('lock'), MAX_PAGES),
  young: array(bool, MAX_PAGES),
});
/** A page table in model memory. */
export type PageTable = ViewOf<typeof PageTable>;
