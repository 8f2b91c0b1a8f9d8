// A list that holds still while somebody points at it, touches it, or has the focus in it.

const TOUCH_REST = 2500; // milliseconds after the last touch
const LEAVE_REST = 500; // a pointer that only passes between two pictures has not left

export function holding(list, released) {
  let pointed = false;
  let timer = 0;

  const focused = () => list.contains(document.activeElement) && document.activeElement.matches(":focus-visible");
  const held = () => pointed || focused();

  function restAfter(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      pointed = false;
      if (!held()) released();
    }, milliseconds);
  }

  function point(event) {
    clearTimeout(timer);
    pointed = true;
    if (event.pointerType !== "mouse") restAfter(TOUCH_REST);
  }

  for (const kind of ["pointerover", "pointermove", "pointerdown"]) list.addEventListener(kind, point, { passive: true });
  list.addEventListener("pointerleave", (event) => restAfter(event.pointerType === "mouse" ? LEAVE_REST : TOUCH_REST));
  list.addEventListener("focusout", () => restAfter(LEAVE_REST));
  return held;
}
