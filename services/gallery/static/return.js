// Back from a picture leads to its card, however far down it was.

const MOST_PAGES = 20;
const key = `card ${location.pathname}${location.search}`;

export async function comeBack(grid, cardOf, loadMore) {
  grid.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (card) sessionStorage.setItem(key, card.dataset.id);
  });
  const [how] = performance.getEntriesByType("navigation");
  const id = sessionStorage.getItem(key);
  const back = how?.type === "back_forward" || sessionStorage.getItem("came back");
  sessionStorage.removeItem("came back");
  if (!back || !id) return;
  for (let pages = 0; !cardOf(id) && pages < MOST_PAGES; pages += 1) {
    if (!(await loadMore())) break;
  }
  const card = cardOf(id);
  card?.scrollIntoView({ block: "center" });
  card?.focus({ preventScroll: true });
}
