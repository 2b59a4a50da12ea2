import { createServer } from 'node:http';
import process from 'node:process';

const port = Number(process.env.PORT ?? 8080);
createServer((_request, response) => response.end('hello\n')).listen(port);
process.stdout.write(`hello from the sandbox: listening on port ${port}\n`);
