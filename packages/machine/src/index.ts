export {
  KernelBug,
  ImpureModel,
  LoopsForEver,
  ModelError,
  WouldBlock,
  VIOLATION_KINDS,
  type ViolationKind,
} from './kernel-bug.js';
export { closeMatches, editDistance, suggestion } from './close-matches.js';
export { Layout } from './layout.js';
export {
  WORD_GHOST,
  WORD_GUARDED,
  WORD_GUARDS_WRITES_ONLY,
  WORD_GUARD_SHARED,
  WORD_IN_SLOT,
  type LayoutImage,
  type LockPlace,
} from './layout-image.js';
export { generatorOf } from './body.js';
export { answerOfInvariant, answerOfWithin, notARequest } from './misfit.js';
export { SLOT_FREED, SLOT_FRESH, SLOT_LIVE, Slab } from './slab.js';
export { Memory, wordHash0, wordHash1, type MemoryReader } from './memory.js';
export { INTERNED, answerOf, conditionWrote, isEnabled, perform } from './perform.js';
export { runDirect, type Choose } from './direct.js';
export { WholeCalls } from './whole-calls.js';
export {
  identityOf,
  lasting,
  lastingName,
  numberingFrom,
  numberingKfuncs,
  presentNumbering,
  type LastingName,
} from './identity.js';
export { isKfunc, kfunc, spinUntil, type Kfunc } from './kfunc.js';
export {
  KIND,
  Request,
  choose,
  chooseMember,
  cmpxchg,
  fence,
  load,
  lockAcquire,
  lockRelease,
  lockReleaseInObject,
  lockTry,
  modify,
  read,
  readOnce,
  requestsMadeBy,
  rmw,
  store,
  waitFor,
  write,
  writeOnce,
  type KfuncInfo,
  type Kthread,
  type MemoryOrder,
  type RmwKind,
  type WaitCondition,
} from './request.js';
export { defineOperation, identityOfOperation, isDefinedInRun, report } from './operation.js';
export type { Operation } from './operation-shape.js';
export {
  Items,
  functionName,
  isTransformed,
  madeIn,
  notingFrames,
  type Frame,
  type FrameSite,
  type ProgramPoint,
} from './frames.js';
export { asModelCode, countTurn, notingRequests, resume, withSites } from './running.js';
export { givenOf, buildScenario, variantsOf } from './build-scenario.js';
export type {
  ClosedForm,
  Comparison,
  Given,
  GivenOf,
  GivenSpec,
  Scenario,
  Setup,
  Size,
  Sizes,
  Variant,
} from './scenario.js';
export { functionsOfScenario, scenario, type WrittenFunction } from './define-scenario.js';
export type { ScenarioDefinition } from './scenario-definition.js';
export {
  perThread,
  slab,
  type Placed,
  type Placer,
  type StatePart,
  type StateTypes,
  type World,
} from './declared-state.js';
export { times, type ThreadBody, type ThreadSpec, type Threads } from './declared-threads.js';
export type { NamedMemory, Values } from './named-values.js';
export {
  change,
  delay,
  omit,
  replaceFunction,
  swap,
  unlocked,
  weaken,
  type Change,
  type Delay,
  type Instead,
  type Mutation,
  type Omission,
  type Replacement,
  type SeenStep,
  type StepName,
  type Swap,
  type TakenStep,
  type Unlocking,
  type Weakening,
} from './mutation.js';
export type { Equivalent, MutableOperation, MutationPlan, OperationClass } from './mutation-plan.js';
export {
  afterStep,
  atEntry,
  atExit,
  beforeStep,
  type AnsweredStep,
  type BegunCall,
  type CallMonitor,
  type EndedCall,
  type Monitor,
  type Monitors,
  type NoteMemory,
  type NotedStep,
  type StepMonitor,
} from './monitor.js';
export { isNote } from './notes.js';
export { MutatedRun, codeOf, mutationText, type MutatedCode, type NotePlace } from './mutated-code.js';
export { notedKthread } from './noted-kthread.js';
export { assertKeys, assertOneOf, assertRecord, type Keys } from './shape.js';
export { textOf } from './text.js';
export { strictGiven } from './given.js';
export { assertScenario } from './scenario-shape.js';
export { assertSystem } from './system-shape.js';
export {
  Cell,
  Struct,
  isHandle,
  sizeOf,
  struct,
  viewAt,
  type AnyCell,
  type AnyStruct,
  type FieldType,
  type FieldView,
  type Fields,
  type Handle,
  type View,
  type ViewOf,
} from './struct.js';
export { isSubsystem, type Subsystem } from './subsystem.js';
export type { Invariant, ScalarSet, System, Thread, Timing } from './system.js';
export {
  ArrayType,
  ScalarType,
  array,
  bool,
  i32,
  ptr,
  ownerWord,
  readersWord,
  sleepLockWord,
  spinLockWord,
  threadBits,
  threadNumber,
  u16,
  u32,
  u64,
  u8,
  type Guard,
  type LockClass,
  type Membership,
  type ThreadNaming,
  type Printer,
  type ScalarSpec,
} from './types.js';
export { callOf, initialize } from './system-start.js';
export { runInVirtualTime, type TimedCall, type VirtualRun, type VirtualTimeOptions } from './virtual-time.js';
export { UNDEFINED_ID, ValueTable, hashText, mix, type Scalar, type Value } from './values.js';
