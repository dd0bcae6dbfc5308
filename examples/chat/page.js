/** The page of the chat. What others wrote becomes text, by `textContent`, and never HTML. */
const MAX_LINES = 500;

const [enter, say] = document.forms;
const state = document.querySelector('#state');
const names = document.querySelector('#names');
const messages = document.querySelector('#messages');
let socket;

function show(text) {
  const line = document.createElement('li');
  line.textContent = text;
  messages.append(line);
  if (messages.children.length > MAX_LINES) messages.firstElementChild.remove();
  line.scrollIntoView();
}

function receive(event) {
  if (event.type === 'said') show(`${event.name}: ${event.text}`);
  else show(`${event.name} has ${event.type}`);
  if (event.names !== undefined) names.textContent = `Here: ${event.names.join(', ')}`;
}

enter.addEventListener('submit', (event) => {
  event.preventDefault();
  const url = new URL('/chat', location.href.replace(/^http/, 'ws'));
  url.search = new URLSearchParams(new FormData(enter));
  socket = new WebSocket(url);
  enter.hidden = true;
  state.textContent = 'Connecting';
  socket.onopen = () => {
    state.textContent = 'Connected';
    say.hidden = false;
    say.text.focus();
  };
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = ({ code, reason }) => {
    state.textContent = `Not connected: ${reason || code}`;
    names.textContent = '';
    say.hidden = true;
    enter.hidden = false;
  };
});

say.addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(say.text.value);
  say.text.value = '';
});
