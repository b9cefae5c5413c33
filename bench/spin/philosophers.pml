/* SPDX-License-Identifier: MIT
 * N dining philosophers, who each eat ROUNDS times, or for ever where that is 0. A step takes or lays down one fork.
 * ORDERED: the last one takes the right fork first. WAITER: one who would be the Nth at the table has to wait for a seat. */
#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifdef ORDERED
#define FIRST (_pid == N - 1 -> 0 : _pid)
#define SECOND (_pid == N - 1 -> _pid : _pid + 1)
#else
#define FIRST _pid
#define SECOND ((_pid + 1) % N)
#endif
#if ROUNDS > 0
#define HUNGRY k < ROUNDS
#define EATEN k++
#else
#define HUNGRY true
#define EATEN skip
#endif
bit fork[N];
#ifdef WAITER
byte seats = N - 1;
#endif
active [N] proctype philosopher() {
#if ROUNDS > 0
	byte k;
#endif
#ifdef WAITER
end:	do
	:: d_step { HUNGRY && seats > 0 -> seats-- };
		d_step { fork[FIRST] == 0 -> fork[FIRST] = 1 };
		d_step { fork[SECOND] == 0 -> fork[SECOND] = 1 };
		fork[SECOND] = 0;
		fork[FIRST] = 0;
		d_step { seats++; EATEN }
	od
#else
end:	do
	:: d_step { HUNGRY && fork[FIRST] == 0 -> fork[FIRST] = 1 };
		d_step { fork[SECOND] == 0 -> fork[SECOND] = 1 };
		fork[SECOND] = 0;
		d_step { fork[FIRST] = 0; EATEN }
	od
#endif
}
