// Makes the figures of a page answer. It asks Go for each picture; there is no mathematics here.
//
// robustlossLoad, a function that returns the program as bytes compressed by gzip, and Go's own wasm_exec.js come before it.
(() => {
  const start = () => (window.robustlossLive ??= (async () => {
    const stream = new Blob([window.robustlossLoad()]).stream().pipeThrough(new DecompressionStream("gzip"));
    const program = await new Response(stream).arrayBuffer();
    const go = new Go();
    const { instance } = await WebAssembly.instantiate(program, go.importObject);
    await new Promise((ready) => { window.robustlossReady = ready; go.run(instance); });
  })());

  const wire = (figure) => {
    figure.dataset.wired = "yes";
    const state = JSON.parse(figure.dataset.state);
    const picture = figure.querySelector(".picture"), say = figure.querySelector(".say");
    const controls = [...figure.querySelectorAll("[data-control]")];
    let handles = [], dragged = -1, waiting = null;

    // The handles lie over the picture and stay when it is drawn anew: a finger holds on to the element that it touched.
    const over = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    over.setAttribute("class", "handles");
    picture.append(over);
    picture.removeAttribute("role");
    picture.removeAttribute("aria-label");

    const isNarrow = () => (picture.clientWidth < 520 ? 1 : 0);
    const draw = (drag) => {
      state.values.narrow = isNarrow();
      const answer = robustlossRespond(figure.dataset.figure, state, drag);
      figure.answer = answer;
      if (answer.error) { say.textContent = answer.error; return; }
      Object.assign(state, { values: answer.controls, points: answer.points });
      handles = answer.handles;
      const fresh = document.createElement("div");
      fresh.innerHTML = answer.svg;
      const image = fresh.firstElementChild;
      image.setAttribute("role", "img");
      image.setAttribute("aria-label", figure.dataset.alt);
      picture.firstElementChild.replaceWith(image);
      over.setAttribute("viewBox", image.getAttribute("viewBox"));
      handles.forEach((h, i) => {
        const circle = over.children[i] ?? over.appendChild(document.createElementNS(over.namespaceURI, "circle"));
        const attributes = { cx: h.x, cy: h.y, r: 14, fill: "transparent", tabindex: 0, role: "slider", "data-handle": i, "aria-label": h.label, "aria-valuenow": 0, "aria-valuetext": h.label };
        for (const [name, value] of Object.entries(attributes)) circle.setAttribute(name, value);
      });
      for (const control of controls) {
        const label = answer.labels[control.dataset.control];
        control.setAttribute("aria-valuetext", label);
        if (control.nextElementSibling) control.nextElementSibling.textContent = label;
      }
      say.textContent = answer.say;
    };
    // At most one picture for each frame of the screen.
    const soon = (drag) => {
      if (waiting === null) requestAnimationFrame(() => { const d = waiting.drag; waiting = null; draw(d); });
      waiting = { drag };
    };
    const place = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.firstElementChild.getScreenCTM().inverse());

    for (const control of controls) {
      control.addEventListener("input", () => { state.values[control.dataset.control] = Number(control.value); soon(null); });
    }
    picture.addEventListener("pointerdown", (event) => {
      const handle = event.target.dataset?.handle;
      if (handle === undefined) return;
      dragged = Number(handle);
      picture.setPointerCapture(event.pointerId);
      event.target.focus();
      event.preventDefault();
    });
    // touch-action, which should keep the page from scrolling under a finger, does not reach into an SVG image in every browser.
    over.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    picture.addEventListener("pointermove", (event) => {
      if (dragged < 0) return;
      const p = place(event);
      soon({ point: dragged, x: p.x, y: p.y });
    });
    for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => { dragged = -1; });
    picture.addEventListener("keydown", (event) => {
      const handle = event.target.dataset?.handle, step = event.shiftKey ? 1 : 6;
      const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
      if (handle === undefined || (dx === 0 && dy === 0)) return;
      event.preventDefault();
      event.stopPropagation(); // in JupyterLab the arrows would leave the cell
      const h = handles[Number(handle)];
      draw({ point: Number(handle), x: h.x + dx, y: h.y + dy });
    });
    draw(null);
    new ResizeObserver(() => { if (isNarrow() !== state.values.narrow) soon(null); }).observe(picture);
    figure.querySelector(".controls").hidden = false;
    figure.dataset.ready = "yes";
  };

  for (const figure of document.querySelectorAll("figure.robustloss-live:not([data-wired])")) {
    start().then(() => figure.dataset.wired || wire(figure), (problem) => {
      figure.querySelector(".say").textContent += ` (This picture does not move here: ${problem.message})`;
    });
  }
})();
