export { registerBlock, type RegisterBlock, type RegisterSpec, type RegisterWidth } from './register-block.js';
export { Bus, type BusEvent, type FoundRegister, type RegisterModel, type RegisterValue } from './bus.js';
export { eieio, mb, sync } from './barrier.js';
export { pollUntilZero } from './poll.js';
export { accessNow } from './direct.js';
export {
  in8,
  inBe16,
  inBe32,
  inBe64,
  out8,
  outBe16,
  outBe32,
  outBe64,
  rawReadb,
  rawReadl,
  rawReadq,
  rawReadw,
  rawWriteb,
  rawWritel,
  rawWriteq,
  rawWriteqBe,
  rawWritew,
  readb,
  readl,
  readq,
  readw,
  writeb,
  writel,
  writeq,
  writew,
  type Reader,
  type Writer,
} from './accessors.js';
