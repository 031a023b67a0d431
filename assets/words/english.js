// What the page says in English. Below the first two lines it is JSON: a test compares the languages.
window.gameWords = window.gameWords || {};
window.gameWords.en = {
  "loading": "Loading",
  "starting": "Starting",
  "again": "Try again",
  "copy": "Copy the link",
  "fullscreen": "Full screen",
  "leaveFullscreen": "Leave full screen",
  "WebAssembly": "This browser has no WebAssembly, which the game is made of.",
  "WebAssemblyAdvice": "Please update the browser. Or open the link in a current version of Chrome, Edge, Firefox or Safari.",
  "WebGL2": "This browser shows no WebGL 2, which draws the game.",
  "WebGL2Advice": "Hardware acceleration may be turned off in its settings. Or open the link in a current version of Chrome, Edge, Firefox or Safari.",
  "WebRTC": "This browser has no WebRTC, which connects the players.",
  "WebRTCAdvice": "A privacy setting or an extension may have turned it off. Or open the link in a current version of Chrome, Edge, Firefox or Safari.",
  "download": "The game could not be loaded.",
  "downloadAdvice": "Please look whether there is a network, and try again.",
  "stalled": "The download has come to a halt.",
  "stalledAdvice": "It goes on by itself when the network is back.",
  "start": "The game could not be started.",
  "startAdvice": "The browser may be short of memory: please close other tabs, and try again.",
  "stopped": "The game has stopped after an error.",
  "stoppedAdvice": "Trying again leads back into the room, if there is one.",
  "graphics": "The graphics of this device have stopped.",
  "graphicsAdvice": "Trying again starts them anew, and leads back into the room, if there is one."
};
