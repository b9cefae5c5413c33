/** Names that the inserted code uses, none of which the code has already. */
export interface Names {
  readonly frames: string;
  readonly mark: string;
  readonly read: string;
  readonly current: string;
  readonly made: string;
  readonly frame: string;
  readonly request: string;
  readonly site: (index: number) => string;
  readonly temporary: (index: number) => string;
  readonly items: (index: number) => string;
}

/** Names that do not occur in the code. */
export function freeNames(code: string): Names {
  let prefix = '$';
  while (hasName(code, prefix)) prefix += '$';
  return {
    frames: `${prefix}frames`,
    mark: `${prefix}mark`,
    read: `${prefix}read`,
    current: `${prefix}current`,
    made: `${prefix}made`,
    frame: `${prefix}f`,
    request: `${prefix}e`,
    site: (index) => `${prefix}s${index}`,
    temporary: (index) => `${prefix}t${index}`,
    items: (index) => `${prefix}i${index}`,
  };
}

function hasName(code: string, prefix: string): boolean {
  return ['frames', 'mark', 'read', 'current', 'made', 'f', 'e', 's', 't', 'i'].some((name) =>
    code.includes(prefix + name),
  );
}
