/**
 * How a context id, an ASID and an index of the bitmap become each other, in the eras of arch/arm64/mm/context.c, and how
 * many ASIDs a CPU has. A context id is a generation above an ASID of `asidBits` bits; 0 means that there never was one.
 * Indices count from 0, which no process gets.
 */
import { field } from '@shootdown/bits';
import { assertOneOf } from '@shootdown/machine';

/**
 * The code as it was: `merged`, today's, where generations start at bit 16 whatever the ASID size; `merged_v5.10`, when
 * pinning came, where they start above the ASID; `seed_v2`, the pinning patch as sent in 2018, with KPTI decided by the build.
 */
export type AsidVersion = 'merged' | 'merged_v5.10' | 'seed_v2';

const VERSIONS: readonly AsidVersion[] = ['merged', 'merged_v5.10', 'seed_v2'];

/** What decides the encoding. */
export interface AsidEncodingOptions {
  readonly version: AsidVersion;
  /** Bits of an ASID, 1 to 16; hardware has 8 or 16. */
  readonly asidBits: number;
  /** CONFIG_UNMAP_KERNEL_AT_EL0: only `seed_v2` looks at it here. */
  readonly kptiConfig: boolean;
  /** ASIDs there are, where that is fewer than a power of two, for small models. */
  readonly asids?: number | undefined;
}

/** The macros of one version. */
export interface AsidEncoding {
  /** `NUM_USER_ASIDS`: the size of the bitmap. */
  readonly numUserAsids: number;
  /** `ASID_FIRST_VERSION`: the first generation, and the step to the next. */
  readonly firstVersion: bigint;
  /** The ASID in a context id, `~ASID_MASK`: the even one of a pair. */
  readonly asidOf: (contextId: bigint) => number;
  /** The index of a context id's ASID. */
  readonly indexOf: (contextId: bigint) => number;
  /** The context id of an index in a generation. */
  readonly contextIdOf: (index: number, generation: bigint) => bigint;
  /** The context id that keeps its ASID in another generation. */
  readonly inGeneration: (contextId: bigint, generation: bigint) => bigint;
  /** `asid_gen_match`: whether a context id is of a generation. */
  readonly genMatch: (contextId: bigint, generation: bigint) => boolean;
}

/** Bits of ASIDBITS in ID_AA64MMFR0_EL1. */
const ASIDBITS = field(7, 4);
/** `FIELD` of TTBR1_EL1 that holds the ASID, for TCR_EL1.A1 is set. */
const TTBR_ASID = field(63, 48);
/** `USER_ASID_FLAG`: with KPTI, user space runs under the odd ASID of a pair. */
const USER_ASID_FLAG = 1n;
/** CnP of TTBR0_EL1, since Armv8.2: other CPUs use the same tables, so that TLBs may be shared. */
export const TTBR_CNP_BIT = 1n;

/**
 * The macros of a version.
 *
 * @throws TypeError for a version that there is not
 * @throws RangeError when there are no ASIDs but 0, or more than `asidBits` can tell apart
 * @source arch/arm64/mm/context.c NUM_USER_ASIDS, asid2idx(), idx2asid(), ctxid2asid(), asid2ctxid() v6.14
 */
export function asidEncoding({ version, asidBits, kptiConfig, asids }: AsidEncodingOptions): AsidEncoding {
  assertOneOf('version', version, VERSIONS);
  if (!Number.isInteger(asidBits) || asidBits < 1 || asidBits > 16)
    throw new RangeError(`asidBits: expected 1 to 16, got ${asidBits}`);
  const pairs = version === 'seed_v2' && kptiConfig;
  const most = 2 ** asidBits / (pairs ? 2 : 1);
  const numUserAsids = asids ?? most;
  if (!Number.isInteger(numUserAsids) || numUserAsids < 1 || numUserAsids > most)
    throw new RangeError(`asids: expected 1 to ${most}, got ${numUserAsids}`);
  const asidOf = (contextId: bigint): number => Number(BigInt.asUintN(asidBits, contextId));
  const shift = pairs ? 1 : 0;
  const oneGeneration = 1n << BigInt(asidBits);
  return {
    numUserAsids,
    firstVersion: 1n << (version === 'merged' ? 16n : BigInt(asidBits)),
    asidOf,
    indexOf: (contextId) => asidOf(contextId) >> shift,
    contextIdOf: (index, generation) => BigInt(index << shift) | generation,
    inGeneration: (contextId, generation) => BigInt.asUintN(asidBits, contextId) | generation,
    genMatch: (contextId, generation) => (contextId ^ generation) < oneGeneration,
  };
}

/**
 * Bits of an ASID on a CPU: 8 or 16. For a field the kernel does not know it warns and takes 8: `isKnown` is false.
 *
 * @param mmfr0 - the CPU's ID_AA64MMFR0_EL1
 * @source arch/arm64/mm/context.c get_cpu_asid_bits() v4.19
 */
export function getCpuAsidBits(mmfr0: bigint): { readonly bits: 8 | 16; readonly isKnown: boolean } {
  const size = ASIDBITS.get(mmfr0);
  if (size === 2n) return { bits: 16, isKnown: true };
  return { bits: 8, isKnown: size === 0n };
}

/**
 * Whether a CPU that comes up later may join: it needs as many ASID bits as the boot CPU. Otherwise the kernel panics it.
 *
 * @param mmfr0 - the CPU's ID_AA64MMFR0_EL1
 * @param asidBits - those of the boot CPU
 * @source arch/arm64/mm/context.c verify_cpu_asid_bits() v4.19
 */
export function verifyCpuAsidBits(mmfr0: bigint, asidBits: number): boolean {
  return getCpuAsidBits(mmfr0).bits >= asidBits;
}

/**
 * Which ASID user space runs under: with KPTI the odd one of its pair, else the one in the context id.
 *
 * @param asid - what the low bits of a context id say
 * @source arch/arm64/include/asm/mmu.h USER_ASID_FLAG v5.10
 */
export function userAsid(asid: number, kpti: boolean): number {
  return kpti ? asid | Number(USER_ASID_FLAG) : asid;
}

/** What goes into the translation table base registers to run a process in the kernel. */
export interface TtbrValues {
  readonly ttbr0: bigint;
  readonly ttbr1: bigint;
}

/**
 * The register values that cpu_do_switch_mm() makes: the ASID in TTBR1, CnP in TTBR0 unless the ASID is 0.
 *
 * @param pgd - physical address of the process's tables, 64-byte aligned, below 2^48
 * @param ttbr1 - the register's value so far: its ASID is replaced
 * @param asid - 0 to 65535
 * @throws RangeError when a value does not fit
 * @source arch/arm64/mm/context.c cpu_do_switch_mm() v5.10
 */
export function ttbrValues(pgd: bigint, ttbr1: bigint, asid: number, hasCnp: boolean): TtbrValues {
  if (pgd < 0n || pgd >> 48n !== 0n || (pgd & 63n) !== 0n)
    throw new RangeError(`pgd: expected a 64-byte aligned address below 2^48, got 0x${pgd.toString(16)}`);
  const value = BigInt(asid);
  if (!TTBR_ASID.fits(value)) throw new RangeError(`asid: expected 0 to 65535, got ${asid}`);
  return {
    ttbr0: pgd | (hasCnp && asid !== 0 ? TTBR_CNP_BIT : 0n),
    ttbr1: (ttbr1 & ~TTBR_ASID.mask) | TTBR_ASID.prep(value),
  };
}
