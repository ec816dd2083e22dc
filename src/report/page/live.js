// Live: the server that gave the page tells of new documents by server-sent events, and every few seconds that it is
// still reading, and how long ago the newest figures were told. The page calls itself live while that is not long ago,
// or while the log has nothing newer; else it says what it is instead.

const SILENCE_MS = 20000; // the server says something every five seconds

function since(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 2) return "a second";
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} hours`;
  return `${Math.round(seconds / 86400)} days`;
}

// What the page is, in words: `readMs` when the server had read everything, `told` when the newest figures were told.
function describe(readMs, told, nowMs) {
  if (readMs === null) return { isLive: false, words: "connecting" };
  if (nowMs - readMs > SILENCE_MS)
    return { isLive: false, words: `not live: the broker has not answered for ${since(nowMs - readMs)}` };
  if (told === null) return { isLive: false, words: "nothing is told yet" };
  const age = since(nowMs - told.ms);
  if (told.state === "live") return { isLive: true, words: `live, told ${age} ago` };
  if (told.state === "late")
    return { isLive: false, words: `not live: told ${age} ago, and the log has gone on since` };
  return { isLive: false, words: `told ${age} ago; whether the log has gone on since is not known` };
}

export function listen(revision, take) {
  const box = document.getElementById("live");
  const age = box.querySelector(".age");
  const lost = box.querySelector(".lost");
  box.hidden = false;
  let heardMs = Date.now(); // anything from the server
  let readMs = null; // when the server had read everything
  let told = null; // when the newest figures were told: {ms, state}
  let latest = revision;
  let source = null;
  let hasFailed = false;

  function show() {
    const nowMs = Date.now();
    const isLost = hasFailed || nowMs - heardMs > SILENCE_MS;
    const { isLive, words } = describe(readMs, told, nowMs);
    if (age.textContent !== words) age.textContent = words;
    if (lost.hidden === isLost) lost.hidden = !isLost;
    box.classList.toggle("is-lost", isLost || !isLive);
  }

  function open() {
    source = new EventSource(`/events?after=${encodeURIComponent(latest)}`);
    source.addEventListener("study", (event) => {
      heardMs = readMs = Date.now();
      latest = event.lastEventId || latest;
      document.body.dataset.live = latest;
      take(JSON.parse(event.data));
      show();
    });
    // "read AGE": AGE ms ago the server had read all there was.
    source.addEventListener("read", (event) => {
      heardMs = Date.now();
      readMs = heardMs - Number(event.data);
      show();
    });
    // "told AGE STATE": AGE ms ago the newest figures were told, and so they stand to the log: live, late, unsure.
    source.addEventListener("told", (event) => {
      const [ageMs, state] = event.data.split(" ");
      told = { ms: Date.now() - Number(ageMs), state };
      show();
    });
    source.addEventListener("open", () => {
      heardMs = Date.now();
      hasFailed = false;
      show();
    });
    source.addEventListener("error", () => {
      hasFailed = true;
      show();
    });
  }

  open();
  show();
  // A browser gives up after some failures: then it is asked again.
  setInterval(() => {
    if (source.readyState === EventSource.CLOSED || Date.now() - heardMs > 3 * SILENCE_MS) {
      source.close();
      heardMs = Date.now() - SILENCE_MS;
      open();
    }
    show();
  }, 1000);
}
