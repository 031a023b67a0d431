// Keeps the game's files, so that it starts without a network, and updates without ever mixing two
// versions.
//
// `cargo xtask build` writes two constants before this text: `FILES`, the path of each file below
// the page with its integrity (SHA-256), and `VERSION`, a hash of them all.
//
// - The page is asked of the server first, so that a new version is there at once; what is kept is
//   for when the server does not answer. Either way it names all that it loads by the hash of its
//   content, so that what comes from here and from there always fits.
// - A version is kept as a whole or not at all: each file is checked when it is taken in.

/* global FILES, VERSION */

// Several games may be on one host, each in its folder.
const FAMILY = `game ${self.registration.scope} `;
const CACHE = FAMILY + VERSION;

// How long the server may take to answer with the page while one is kept.
const PATIENCE_MS = 3000;

const PAGE = './';

self.addEventListener('install', (event) => {
  event.waitUntil(takeIn());
});

async function takeIn() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(Object.entries(FILES).map(async ([path, integrity]) => {
      // The browser has what carries a hash already; of the rest it may have an old version.
      const response = await fetch(path, {
        integrity,
        cache: hasHash(path) ? 'default' : 'no-cache',
      });
      if (!response.ok) {
        throw new Error(`${path}: ${response.status}`);
      }
      await cache.put(path, response);
    }));
  } catch (error) {
    // The server has changed meanwhile, or is gone: the version before stays, whole.
    await caches.delete(CACHE);
    throw error;
  }
  // No page that runs needs anything more of an older version.
  await self.skipWaiting();
}

self.addEventListener('activate', (event) => {
  event.waitUntil(forget());
});

async function forget() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(FAMILY) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const { scope } = self.registration;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) {
    return;
  }
  const path = (url.origin + url.pathname).slice(scope.length);
  if (request.mode === 'navigate') {
    if (path === '' || path === 'index.html') {
      event.respondWith(page(request.url));
    }
  } else if (hasHash(path)) {
    event.respondWith(kept(path).then((response) => response ?? fetch(request)));
  } else if (path in FILES) {
    event.respondWith(fetch(request).catch(async (error) => {
      const response = await kept(path);
      if (response) {
        return response;
      }
      throw error;
    }));
  }
});

// The page of this version has no query and no fragment, and serves all.
async function page(url) {
  const own = await kept(PAGE);
  const patience = new AbortController();
  const timer = own && setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(url, {
      cache: 'no-cache',
      redirect: 'manual',
      signal: patience.signal,
    });
    // A proxy may answer for a server that is down.
    return response.status >= 500 && own ? own : response;
  } catch (error) {
    if (own) {
      return own;
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function kept(path) {
  const cache = await caches.open(CACHE);
  return cache.match(path);
}

// As the build writes it, and the server knows it: such a file never changes.
function hasHash(path) {
  return /(^|-)[0-9a-f]{12,64}[-_.]/.test(path) && !path.includes('/');
}
