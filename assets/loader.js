// Trunk calls the functions that the default export returns while it loads the WebAssembly module.
// What they tell goes to the page's own script, which is there before any module and outlives them.

export default function initializer() {
  const { gamePage: page } = window;
  if (page.hasFailed()) {
    throw new Error('The game cannot run here: the page says why.');
  }
  return {
    // Bytes of the module itself, whatever it was compressed with: its size was written into the
    // page when it was built.
    onProgress({ current, total }) {
      page.progress(current / total);
    },
    onFailure(reason) {
      console.error(reason);
      page.failToLoad(reason);
    },
  };
}
