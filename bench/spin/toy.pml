/* SPDX-License-Identifier: MIT
 * Three threads, NOPS small operations each, on a locked pair, a racy word, an atomic counter and published slots.
 * Same steps as packages/explore/scenarios/toy.ts. */
#ifndef NOPS
#define NOPS 3
#endif
byte lock = 0; int A = 0; int B = 0; int X = 0; int CTR = 0; int FLAG[3]; int D[3]; int E[3];
active [3] proctype worker() {
	byte k = 0; int l = 0;
end:	do
	:: atomic { k < NOPS && ((_pid + k) % 3) == 0 && lock == 0 -> lock = _pid + 1 };
		l = A; d_step { A = l + 1; l = 0 };
		l = B; d_step { B = l ^ (_pid + 1); l = 0 };
		d_step { lock = 0; k++ }
	:: atomic { k < NOPS && ((_pid + k) % 3) == 1 -> l = X };
		d_step { X = (l * 3 + _pid + 1) & 15; l = 0 };
		atomic { l = CTR; CTR++; if :: (l & 1) -> skip :: else -> l = 0; k++; goto end fi };
		d_step { FLAG[_pid] = l; l = 0; k++ }
	:: atomic { k < NOPS && ((_pid + k) % 3) == 2 -> D[_pid] = k };
		l = D[(_pid + 1) % 3];
		d_step { E[_pid] = l; l = 0; k++ }
	od
}
