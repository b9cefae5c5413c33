/**
 * Walks over lists. The body is a generator that runs inline, with each entry in turn. A walk is a step a node, unless the
 * lock that guards the list is given. The plain form looks at the link of an entry after its body, so the body must not
 * delete the entry; the safe form looks before, so the body may delete or free it, but not the one behind.
 */
import { Cell, type Fields, type Handle, type Kthread, type Struct, type View } from '@shootdown/machine';
import { containerOf } from './container-of.js';
import { hlistFirstRcu, hlistNextRcu, type HlistHead } from './hlist.js';
import { listFirstOrNull, listNextOrNull, type ListHead } from './list.js';
import { llistNext, type LlistNode } from './llist.js';

/** What is done with each entry of a list; returning `stop` ends the walk. */
export type EntryBody<F extends Fields> = (entry: View<F>) => Kthread<void> | Kthread<'stop' | undefined>;
type Field<F extends Fields> = keyof F & string;

/**
 * Walks a list; the body must not delete the entry.
 *
 * @param field - the field of `entry` by which it is on the list
 * @param lock - the lock that guards the list, if the caller holds one
 * @source include/linux/list.h list_for_each_entry() v4.19
 */
export function* listForEachEntry<F extends Fields>(
  head: ListHead,
  entry: Struct<F>,
  field: Field<F>,
  body: EntryBody<F>,
  lock?: Cell<number>,
): Kthread<void> {
  for (let node = yield* listFirstOrNull(head, lock); node !== null; node = yield* listNextOrNull(node, head, lock))
    if ((yield* body(containerOf(node, entry, field))) === 'stop') return;
}

/**
 * Walks a list; the body may delete the entry.
 *
 * @param field - the field of `entry` by which it is on the list
 * @param lock - the lock that guards the list, if the caller holds one
 * @source include/linux/list.h list_for_each_entry_safe() v4.19
 */
export function* listForEachEntrySafe<F extends Fields>(
  head: ListHead,
  entry: Struct<F>,
  field: Field<F>,
  body: EntryBody<F>,
  lock?: Cell<number>,
): Kthread<void> {
  for (let node: Handle | null = yield* listFirstOrNull(head, lock); node !== null;) {
    const behind: Handle | null = yield* listNextOrNull(node, head, lock);
    if ((yield* body(containerOf(node, entry, field))) === 'stop') return;
    node = behind;
  }
}

/**
 * Walks a list that may change at the same time, inside an (S)RCU reader or under the lock; the body must not free the
 * entry, and may delete it with {@link hlistDelInitRcu} or {@link hlistDelRcu}.
 *
 * @param field - the field of `entry` by which it is on the list
 * @source include/linux/rculist.h hlist_for_each_entry_rcu() v4.19
 */
export function* hlistForEachEntryRcu<F extends Fields>(
  head: HlistHead,
  entry: Struct<F>,
  field: Field<F>,
  body: EntryBody<F>,
): Kthread<void> {
  for (let node = yield* hlistFirstRcu(head); node !== null; node = yield* hlistNextRcu(node))
    if ((yield* body(containerOf(node, entry, field))) === 'stop') return;
}

/**
 * Walks a list under its lock; the body may delete or free the entry.
 *
 * @param field - the field of `entry` by which it is on the list
 * @source include/linux/list.h hlist_for_each_entry_safe() v4.19
 */
export function* hlistForEachEntrySafe<F extends Fields>(
  head: HlistHead,
  entry: Struct<F>,
  field: Field<F>,
  body: EntryBody<F>,
): Kthread<void> {
  for (let node: Handle | null = yield* hlistFirstRcu(head); node !== null;) {
    const behind: Handle | null = yield* hlistNextRcu(node);
    if ((yield* body(containerOf(node, entry, field))) === 'stop') return;
    node = behind;
  }
}

/**
 * Walks nodes that were taken with {@link llistDelAll}; the body may free the entry.
 *
 * @param first - the first node, or `null`
 * @param field - the field of `entry` by which it is on the list
 * @source include/linux/llist.h llist_for_each_entry_safe() v4.19
 */
export function* llistForEachEntrySafe<F extends Fields>(
  first: LlistNode | null,
  entry: Struct<F>,
  field: Field<F>,
  body: EntryBody<F>,
): Kthread<void> {
  for (let node = first; node !== null;) {
    const behind: Handle | null = yield* llistNext(node);
    if ((yield* body(containerOf(node, entry, field))) === 'stop') return;
    node = behind;
  }
}
