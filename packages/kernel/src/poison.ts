/** What the links of a deleted node point at: addresses that no object has. */

/**
 * The forward link of a deleted node.
 *
 * @source include/linux/poison.h LIST_POISON1 v4.19
 */
export const LIST_POISON1 = 0x7fff_0100;
/**
 * The backward link of a deleted node.
 *
 * @source include/linux/poison.h LIST_POISON2 v4.19
 */
export const LIST_POISON2 = 0x7fff_0122;
