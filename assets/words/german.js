// What the page says in German. Below the first two lines it is JSON: a test compares the languages.
window.gameWords = window.gameWords || {};
window.gameWords.de = {
  "loading": "Lädt",
  "starting": "Startet",
  "again": "Noch einmal",
  "copy": "Link kopieren",
  "fullscreen": "Vollbild",
  "leaveFullscreen": "Vollbild beenden",
  "WebAssembly": "Diesem Browser fehlt WebAssembly, aus dem das Spiel besteht.",
  "WebAssemblyAdvice": "Bitte aktualisiere den Browser. Oder öffne den Link in einer aktuellen Version von Chrome, Edge, Firefox oder Safari.",
  "WebGL2": "Dieser Browser zeigt kein WebGL 2, mit dem das Spiel gezeichnet wird.",
  "WebGL2Advice": "Vielleicht ist in seinen Einstellungen die Hardwarebeschleunigung aus. Oder öffne den Link in einer aktuellen Version von Chrome, Edge, Firefox oder Safari.",
  "WebRTC": "Diesem Browser fehlt WebRTC, das die Spieler verbindet.",
  "WebRTCAdvice": "Vielleicht hat eine Einstellung oder eine Erweiterung es abgeschaltet. Oder öffne den Link in einer aktuellen Version von Chrome, Edge, Firefox oder Safari.",
  "download": "Das Spiel konnte nicht geladen werden.",
  "downloadAdvice": "Bitte sieh nach, ob es ein Netz gibt, und versuche es noch einmal.",
  "stalled": "Der Download steht still.",
  "stalledAdvice": "Er geht von selbst weiter, sobald das Netz zurück ist.",
  "start": "Das Spiel konnte nicht gestartet werden.",
  "startAdvice": "Vielleicht fehlt dem Browser Speicher: bitte schließe andere Tabs, und versuche es noch einmal.",
  "stopped": "Das Spiel hat nach einem Fehler angehalten.",
  "stoppedAdvice": "Ein neuer Versuch führt zurück in den Raum, wenn es einen gibt.",
  "graphics": "Die Grafik dieses Geräts hat angehalten.",
  "graphicsAdvice": "Ein neuer Versuch startet sie neu und führt zurück in den Raum, wenn es einen gibt."
};
