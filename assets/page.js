// What the page does before and beside the game: it shows how the download goes, says what is wrong
// when the game cannot run, keeps the browser's own keys from it, and has it start offline.
//
// Written for browsers of ten years ago, so that they are told what they lack; and inside of the
// page, so that it runs whatever else cannot be loaded.

(function () {
  'use strict';

  function element(id) {
    return document.getElementById(id);
  }

  var panel = element('loading');
  var canvas = element('game');
  var title = document.title;

  // --- Words -----------------------------------------------------------------------------------

  // In the language that the player chose in the game, else in the browser's. Each has a file.
  function preferred() {
    try {
      // What was kept may be anything.
      var kept = JSON.parse(localStorage.getItem('peerball preferences')).language;
      if (kept === 'english' || kept === 'german') {
        return kept === 'german' ? 'de' : 'en';
      }
    } catch (error) {
      // Nothing is kept, or may be.
    }
    return /^de\b/i.test(navigator.language || '') ? 'de' : 'en';
  }

  var language = preferred();

  function word(key) {
    return window.gameWords[language][key];
  }

  // What stands on the page now is said anew in another language.
  function say(id, key) {
    element(id).setAttribute('data-word', key);
    element(id).textContent = word(key);
  }

  function translate() {
    document.documentElement.lang = language;
    var said = document.querySelectorAll('[data-word]');
    for (var i = 0; i < said.length; i += 1) {
      said[i].textContent = word(said[i].getAttribute('data-word'));
    }
  }

  translate();
  // The game tells its language with the first screen that it shows, and when it changes.
  new MutationObserver(function () {
    var told = element('said').lang;
    if (told !== language && told in window.gameWords) {
      language = told;
      translate();
    }
  }).observe(element('said'), { attributes: true, attributeFilter: ['lang'] });

  // Without a single byte for so long, players are told that nothing comes.
  var STALL_MS = 20000;

  var failed = false;
  var started = false;
  var stall = setTimeout(showStall, STALL_MS);

  function show(trouble) {
    panel.setAttribute('data-trouble', trouble);
    panel.hidden = false;
    say('loading-text', trouble);
    say('loading-advice', trouble + 'Advice');
    element('loading-link').textContent = location.href;
    element('loading-ways').hidden = false;
  }

  // The first failure is the cause of those that follow.
  function fail(trouble) {
    if (failed) {
      return;
    }
    failed = true;
    clearTimeout(stall);
    show(trouble);
    document.title = title + ': ' + word(trouble);
    element('loading-again').focus();
  }

  function showStall() {
    show('stalled');
  }

  // Of the download; when all of it is there, the game starts.
  function progress(part) {
    if (failed) {
      return;
    }
    clearTimeout(stall);
    panel.removeAttribute('data-trouble');
    element('loading-ways').hidden = true;
    element('loading-bar').value = part;
    if (part < 1) {
      element('loading-text').removeAttribute('data-word');
      element('loading-text').textContent = word('loading') + ', ' + Math.floor(100 * part) + ' %';
      stall = setTimeout(showStall, STALL_MS);
    } else {
      say('loading-text', 'starting');
    }
  }

  // For the module that loads the game.
  window.gamePage = {
    hasFailed: function () {
      return failed;
    },
    progress: progress,
    failToLoad: function (reason) {
      fail(isTrap(reason) ? 'start' : 'download');
    },
  };

  element('loading-again').addEventListener('click', function () {
    location.reload();
  });
  element('loading-copy').addEventListener('click', function () {
    // A page from plain HTTP has no clipboard: then the link is marked, to be copied by hand.
    if (navigator.clipboard) {
      navigator.clipboard.writeText(location.href);
    } else {
      getSelection().selectAllChildren(element('loading-link'));
    }
  });

  // --- What can go wrong -----------------------------------------------------------------------

  function isTrap(error) {
    return 'WebAssembly' in window && error instanceof WebAssembly.RuntimeError;
  }

  // A trap ends the game for good, and the canvas would only stand still.
  function failByTrap() {
    fail(started ? 'stopped' : 'start');
  }

  // Captured, since what cannot be loaded tells only its own element.
  addEventListener('error', function (event) {
    if (event.target && event.target.nodeName === 'SCRIPT') {
      fail('download');
    } else if (isTrap(event.error)) {
      failByTrap();
    }
  }, true);

  addEventListener('unhandledrejection', function (event) {
    if (isTrap(event.reason)) {
      failByTrap();
    } else if (!started) {
      // Trunk leaves a connection that breaks during the download unhandled.
      fail('download');
    }
  });

  canvas.addEventListener('webglcontextlost', function () {
    fail('graphics');
  });

  function hasWebGl2() {
    var context = document.createElement('canvas').getContext('webgl2');
    var extension = context && context.getExtension('WEBGL_lose_context');
    if (extension) {
      // A page may hold few contexts: give this one back at once.
      extension.loseContext();
    }
    return Boolean(context);
  }

  if (!('WebAssembly' in window)) {
    fail('WebAssembly');
  } else if (!hasWebGl2()) {
    fail('WebGL2');
  } else if (!('RTCPeerConnection' in window)) {
    fail('WebRTC');
  }

  // --- The game is there -----------------------------------------------------------------------

  addEventListener('game-drawn', function () {
    started = true;
    clearTimeout(stall);
    if (failed) {
      return;
    }
    panel.hidden = true;
    canvas.focus();
    // `cargo xtask build` writes the service worker and says so. It reads all files once more,
    // which the browser still has: only now, so that it takes nothing from the first download.
    if (document.documentElement.hasAttribute('data-offline') && 'serviceWorker' in navigator) {
      navigator.serviceWorker.register('service-worker.js').catch(function (error) {
        console.warn('The game will not start offline:', error);
      });
    }
  });

  // --- Keys ------------------------------------------------------------------------------------

  // With Control or Command, what text fields know; everything else is the browser's.
  var EDITING = /^([acvxyz]|Arrow.*|Backspace|Delete|Home|End|Control|Meta|Shift|Alt)$/i;

  function isBrowsers(event) {
    var key = event.key || '';
    if (event.getModifierState('AltGraph')) {
      return false; // It types a symbol.
    }
    if (event.ctrlKey || event.metaKey) {
      return !EDITING.test(key);
    }
    if (event.altKey) {
      return /^(Arrow.*|Home|F\d+)$/.test(key);
    }
    if (key === 'Tab') {
      return canvas.hasAttribute(event.shiftKey ? 'data-tab-first' : 'data-tab-last');
    }
    return /^(F([1245-9]|1\d)|(Browser|Media|Audio|Launch|Zoom|Print).*)$/.test(key);
  }

  // Captured, before the engine takes every key for the game's.
  addEventListener('keydown', function (event) {
    if (event.altKey && event.key === 'Enter' && !event.repeat) {
      toggleFullscreen();
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (event.target === canvas && isBrowsers(event)) {
      event.stopImmediatePropagation();
    }
  }, true);

  // --- The whole screen, and nothing but the game ------------------------------------------------

  function toggleFullscreen() {
    var change = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen();
    // A browser may refuse: then everything stays as it is. Old ones promise nothing.
    if (change) {
      change.catch(function () {});
    }
  }

  if (document.fullscreenEnabled) {
    var button = element('fullscreen');
    var tellFullscreen = function () {
      var isFull = Boolean(document.fullscreenElement);
      say('fullscreen', isFull ? 'leaveFullscreen' : 'fullscreen');
      // Undefined where there is none, for the game's settings.
      window.gamePage.fullscreen = isFull;
    };
    button.hidden = false;
    button.addEventListener('click', function () {
      toggleFullscreen();
      canvas.focus();
    });
    document.addEventListener('fullscreenchange', tellFullscreen);
    window.gamePage.toggleFullscreen = toggleFullscreen;
    tellFullscreen();
  }

  // What notches, corners and bars take from the page: top, right, bottom, left, in its pixels.
  function measureInsets() {
    var style = getComputedStyle(document.documentElement);
    window.gamePage.insets = ['top', 'right', 'bottom', 'left'].map(function (side) {
      return parseFloat(style.getPropertyValue('--safe-' + side)) || 0;
    });
  }
  addEventListener('resize', measureInsets);
  measureInsets();

  // Safari zooms by gestures of its own.
  addEventListener('gesturestart', function (event) {
    event.preventDefault();
  });
})();
