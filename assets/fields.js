// Real fields over the drawn ones, where fingers play: a canvas opens no phone's keyboard, and has
// none of its corrections and suggestions. They are invisible: the game draws what is in them.
//
// The game tells where its controls are (`showControls`), and hears what is typed (`typed`) and
// which field was entered (`entered`); see `crates/game/src/web_controls.rs`.

(function () {
  'use strict';

  var page = window.gamePage;
  var canvas = document.getElementById('game');
  var stage = document.getElementById('stage');

  // By the game's number of the field: the input, how often its text was told, and whether the
  // game's focus is in it.
  var fields = {};

  // Whether fingers play: a mouse and a keyboard need no real field.
  var touch = matchMedia('(pointer: coarse)').matches;

  // What the page knows of the game's controls, for whoever asks.
  page.controls = [];

  page.showControls = function (text) {
    page.controls = JSON.parse(text);
    var shown = {};
    page.controls.forEach(function (control) {
      if (control.field) {
        shown[control.id] = true;
        show(control);
      }
    });
    Object.keys(fields).forEach(function (id) {
      if (!shown[id]) {
        leave(fields[id].input);
        fields[id].input.remove();
        delete fields[id];
      }
    });
  };

  function show(control) {
    var field = fields[control.id] || add(control.id);
    var input = field.input;
    ['left', 'top', 'width', 'height'].forEach(function (side) {
      input.style[side] = control[side] + 'px';
    });
    input.maxLength = control.field.max;
    // What the game made of the newest text: it leaves out what it does not allow. Text that is
    // still being composed is not touched.
    if (control.field.heard === field.told && !field.composing && input.value !== control.text) {
      input.value = control.text;
    }
    if (control.focused && !field.focused && touch) {
      input.focus({ preventScroll: true });
    } else if (!control.focused && field.focused) {
      leave(input);
    }
    field.focused = control.focused;
  }

  // Gives the keyboard back to the game.
  function leave(input) {
    if (document.activeElement === input) {
      canvas.focus({ preventScroll: true });
    }
  }

  function add(id) {
    var input = document.createElement('input');
    var field = { input: input, told: 0, focused: false, composing: false };
    fields[id] = field;
    input.className = 'field';
    input.hidden = !touch;
    input.autocomplete = 'off';
    input.spellcheck = false;
    input.setAttribute('autocapitalize', 'off');
    input.setAttribute('autocorrect', 'off');
    input.setAttribute('enterkeyhint', 'done');
    input.addEventListener('focus', function () {
      page.entered(id);
    });
    input.addEventListener('compositionstart', function () {
      field.composing = true;
    });
    input.addEventListener('compositionend', function () {
      field.composing = false;
    });
    input.addEventListener('input', function () {
      field.told += 1;
      page.typed(id, input.value);
    });
    input.addEventListener('keydown', function (event) {
      // The game's own keys, whatever the text is.
      if (/^(Enter|Tab|Escape|ArrowUp|ArrowDown)$/.test(event.key) && !event.isComposing) {
        event.preventDefault();
        pass(event);
        if (event.key === 'Enter') {
          leave(input);
        }
      }
    });
    stage.appendChild(input);
    return field;
  }

  // A phone's keyboard names its keys, and not where they are.
  function pass(event) {
    ['keydown', 'keyup'].forEach(function (type) {
      canvas.dispatchEvent(new KeyboardEvent(type, {
        key: event.key,
        code: event.key,
        shiftKey: event.shiftKey,
        cancelable: true,
      }));
    });
  }

  addEventListener('pointerdown', function (event) {
    var fingers = event.pointerType === 'touch';
    if (fingers === touch) {
      return;
    }
    touch = fingers;
    Object.keys(fields).forEach(function (id) {
      leave(fields[id].input);
      fields[id].input.hidden = !touch;
    });
  }, true);

  // What a browser scrolls to keep a field above its keyboard comes back when it closes.
  addEventListener('focusout', function () {
    scrollTo(0, 0);
  });
})();
