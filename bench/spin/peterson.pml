/* SPDX-License-Identifier: MIT
 * Peterson's lock, two processes for ever. BROKEN: turn is given away before the flag is raised. CHECK: assert mutual exclusion. */
bit flag[2]; bit turn; bit inside[2];
#ifdef CHECK
#define ENTER atomic { inside[_pid] = 1; assert(!(inside[0] && inside[1])) }
#else
#define ENTER inside[_pid] = 1
#endif
active [2] proctype worker() {
again:
#ifdef BROKEN
	turn = 1 - _pid;
	flag[_pid] = 1;
#else
	flag[_pid] = 1;
	turn = 1 - _pid;
#endif
wait:	if :: flag[1 - _pid] == 0 -> goto enter :: flag[1 - _pid] == 1 fi;
	if :: turn == _pid -> goto enter :: turn != _pid -> goto wait fi;
enter:	ENTER;
	inside[_pid] = 0;
	flag[_pid] = 0;
	goto again
}
