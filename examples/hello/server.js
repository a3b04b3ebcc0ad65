// An app worker: any Node server. eggcup runs N of them behind one port.
import { createServer } from 'node:http';
import { messenger } from 'eggcup';

let news = 'the agent has not said anything yet';
messenger.on('news', ({ from, text }) => {
  news = `agent ${from} said: ${text}`;
});

createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`Hello from app worker ${process.pid}\n${news}\n`);
}).listen(process.env.PORT);
