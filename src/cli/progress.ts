/** One line on standard error that says what is going on; only on a terminal, so that logs and pipes stay clean. */
export interface Progress {
  say(text: string): void;
  /** Takes the line away until the next beat, for something that is printed in its place. */
  clear(): void;
  stop(): void;
}

const FRAMES = ['|', '/', '-', '\\'];

export function startProgress(text: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { say: () => {}, clear: () => {}, stop: () => {} };
  const started = Date.now();
  let current = text;
  let frame = 0;
  const draw = () => {
    const seconds = Math.floor((Date.now() - started) / 1000);
    const line = `${FRAMES[frame++ % FRAMES.length]} ${current}${seconds >= 2 ? ` (${seconds} s)` : ''}`;
    stream.write(`\r\x1b[K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
  };
  draw();
  const timer = setInterval(draw, 200);
  timer.unref();
  return {
    say: (next) => {
      current = next;
      draw();
    },
    clear: () => stream.write('\r\x1b[K'),
    stop: () => {
      clearInterval(timer);
      stream.write('\r\x1b[K');
    },
  };
}
