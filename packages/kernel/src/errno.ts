/** Error numbers as kernel functions return them: the negative of the name's number. */

/** Operation not permitted, 1. */
export const EPERM = 1;
/** No such file or directory, 2. */
export const ENOENT = 2;
/** Interrupted system call, 4. */
export const EINTR = 4;
/** Try again, 11. */
export const EAGAIN = 11;
/** Out of memory, 12. */
export const ENOMEM = 12;
/** Bad address, 14. */
export const EFAULT = 14;
/** Device or resource busy, 16. */
export const EBUSY = 16;
/** File exists, 17. */
export const EEXIST = 17;
/** No such device, 19. */
export const ENODEV = 19;
/** Invalid argument, 22. */
export const EINVAL = 22;
/** No space left on device, 28. */
export const ENOSPC = 28;
/** Value too large for its type, 75. */
export const EOVERFLOW = 75;
