// Pages of a PDF as pictures, by pdf.js, which is vendored: the browser's own viewer is missing in many kiosks.
const VENDOR = new URL("vendor/pdfjs/", import.meta.url).href;
const CSS_PIXELS_A_POINT = 96 / 72;

/** Open a PDF from its bytes; `close()` it after. */
export async function openPdf(data) {
  const pdfjs = await import("./vendor/pdfjs/pdf.min.mjs");
  pdfjs.GlobalWorkerOptions.workerSrc = `${VENDOR}pdf.worker.min.mjs`;
  const fonts = { standardFontDataUrl: `${VENDOR}standard_fonts/`, wasmUrl: `${VENDOR}wasm/` };
  const task = pdfjs.getDocument({ data, ...fonts, isEvalSupported: false, enableXfa: false });
  const document = await task.promise;
  return {
    pages: document.numPages,
    /** A canvas with that page, as sharp as a frame of that size shows it. */
    draw: async (number, fit, frame) => draw(await document.getPage(number), fit, frame),
    close: () => task.destroy(),
  };
}

async function draw(page, fit, frame) {
  const plain = page.getViewport({ scale: CSS_PIXELS_A_POINT });
  const across = frame.width / plain.width, down = frame.height / plain.height;
  const scales = { none: 1 / devicePixelRatio, contain: Math.min(across, down) };
  const scale = (scales[fit] ?? Math.max(across, down)) * devicePixelRatio;
  const viewport = page.getViewport({ scale: CSS_PIXELS_A_POINT * Math.min(scale, 8) });
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(viewport.width));
  canvas.height = Math.max(1, Math.round(viewport.height));
  await page.render({ canvas, viewport }).promise;
  page.cleanup();
  return canvas;
}
