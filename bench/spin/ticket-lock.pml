/* SPDX-License-Identifier: MIT
 * A ticket lock taken ROUNDS times by each of THREADS processes. BROKEN: the ticket is drawn in two steps. CHECK: assert mutual exclusion. */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
byte next, owner, inside;
#ifdef CHECK
#define ENTER d_step { inside++; assert(inside == 1) }
#else
#define ENTER inside++
#endif
active [THREADS] proctype worker() {
	byte ticket, k;
end:	do
#ifdef BROKEN
	:: d_step { k < ROUNDS -> ticket = next };
		next = ticket + 1;
#else
	:: d_step { k < ROUNDS -> ticket = next; next++ };
#endif
		owner == ticket;
		ENTER;
		inside--;
		d_step { owner = ticket + 1; ticket = 0; k++ }
	od
}
