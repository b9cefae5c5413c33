/* SPDX-License-Identifier: MIT
 * Dekker's lock, two processes for ever. BROKEN: the other's flag is looked at before the own one is raised. CHECK: assert mutual exclusion. */
bit flag[2]; bit turn; bit inside[2];
#ifdef CHECK
#define ENTER atomic { inside[_pid] = 1; assert(!(inside[0] && inside[1])) }
#else
#define ENTER inside[_pid] = 1
#endif
active [2] proctype worker() {
again:
#ifdef BROKEN
	flag[1 - _pid] == 0;
	flag[_pid] = 1;
#else
	flag[_pid] = 1;
wait:	if :: flag[1 - _pid] == 0 -> goto enter :: flag[1 - _pid] == 1 fi;
	if :: turn == _pid -> goto wait :: turn != _pid fi;
	flag[_pid] = 0;
	turn == _pid;
	flag[_pid] = 1;
	goto wait;
#endif
enter:	ENTER;
	inside[_pid] = 0;
	turn = 1 - _pid;
	flag[_pid] = 0;
	goto again
}
