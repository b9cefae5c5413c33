/** Numbers as people read them. */

/** A count with thousands separated. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Seconds, with as many decimals as mean something. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** Transitions a second. */
export function rate(transitions: number, elapsed: number): string {
  const perSecond = elapsed > 0 ? transitions / elapsed : 0;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M transitions/s`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(0)} k transitions/s` : `${perSecond.toFixed(0)} transitions/s`;
}

/** A number of bytes. */
export function bytesText(bytes: number): string {
  return bytes >= 2 ** 30
    ? `${(bytes / 2 ** 30).toFixed(1)} GiB`
    : `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
}
