// The floor of Node's own server: node:http, and one constant answer to all. What our server costs beyond this is ours; below
// it is what a lane beside node:http saves. The answer is a copy of a real one, so both write the same bytes.
import { createServer } from 'node:http';

const text = process.env.BODY;
const headers = { ...JSON.parse(process.env.HEADERS), 'Content-Length': Buffer.byteLength(text) };

const server = createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(text);
});
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
