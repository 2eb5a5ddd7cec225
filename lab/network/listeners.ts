import { createServer } from 'node:net';

/**
 * Runs inside the lab's own network: opens a listener at each `HOST:PORT` of its arguments, gives them to the process
 * that started it, which lives in the network of the machine, and stays so that the network does. A socket belongs to
 * the network that it was opened in, whoever accepts its connections.
 */
process.once('disconnect', () => process.exit(0));
for (const place of process.argv.slice(2)) {
  const [host = '', port = ''] = place.split(/:(?=\d+$)/);
  const server = createServer();
  server.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  // Closed here once it is given away: of two that hold a listener, either may get a connection.
  server.listen(Number(port), host, () => process.send?.(place, server, {}, () => server.close()));
}
