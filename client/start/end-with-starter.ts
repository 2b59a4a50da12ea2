// Loaded before a process's own program: whoever started it holds the other end of a channel. When that process
// ends, in whatever way, the channel closes, and a process that nobody asked for any more ends too.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
