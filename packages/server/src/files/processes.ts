/** Tells whether a process of this number is there, in our pid namespace. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and of another account.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
