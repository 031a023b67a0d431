// What the page shows until the game draws, and when it cannot: trunk calls the functions that
// the default export returns while it loads the WebAssembly module.

const panel = document.getElementById('loading');
const bar = document.getElementById('loading-bar');
const text = document.getElementById('loading-text');

/** What the game needs, and the sentence for a player whose browser lacks it. */
const NEEDS = [
  [() => 'WebAssembly' in window, 'This browser has no WebAssembly, which the game is made of.'],
  [hasWebGl2, 'This browser shows no WebGL 2, which draws the game. Hardware acceleration may be turned off.'],
  [() => 'RTCPeerConnection' in window, 'This browser has no WebRTC, which connects the players. A privacy setting or an extension may have turned it off.'],
];

function hasWebGl2() {
  const context = document.createElement('canvas').getContext('webgl2');
  // A page may hold few contexts: give this one back at once.
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

function fail(sentence) {
  panel.dataset.failed = '';
  panel.hidden = false;
  text.textContent = sentence;
}

const BROKEN_DOWNLOAD = 'The game could not be loaded. Please reload the page.';

export default function initializer() {
  const missing = NEEDS.find(([isThere]) => !isThere());
  if (missing) {
    fail(missing[1]);
    throw new Error(missing[1]);
  }

  // Trunk leaves a connection that breaks during the download unhandled.
  const onRejection = () => fail(BROKEN_DOWNLOAD);
  addEventListener('unhandledrejection', onRejection);

  return {
    onProgress({ current, total }) {
      bar.value = current / total;
      text.textContent = current < total ? 'Loading' : 'Starting';
    },
    onComplete() {
      removeEventListener('unhandledrejection', onRejection);
    },
    onSuccess() {
      panel.hidden = true;
      document.getElementById('peerball').focus();
      // A trap ends the game for good, and the canvas would only stand still.
      addEventListener('error', ({ error }) => {
        if (error instanceof WebAssembly.RuntimeError) {
          fail('The game has stopped after an error. Please reload the page.');
        }
      });
    },
    onFailure(reason) {
      console.error(reason);
      fail(BROKEN_DOWNLOAD);
    },
  };
}
