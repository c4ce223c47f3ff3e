// The same shops as a list: the worst first, searched as one types, drawn in parts so that ten thousand are as quick as
// ten.

const PART = globalThis.matchMedia("(max-width: 900px)").matches ? 25 : 200;

export class ShopList {
    constructor(root, { show }) {
        this.rows = root.querySelector("[data-rows]");
        this.more = root.querySelector("[data-more]");
        this.none = root.querySelector("[data-none]");
        this.shows = show;
        this.shops = [];
        this.more.addEventListener("click", () => this.grow());
    }

    fill(shops) {
        this.shops = shops;
        this.shown = 0;
        this.rows.replaceChildren();
        this.none.hidden = shops.length > 0;
        this.grow();
    }

    grow() {
        const part = this.shops.slice(this.shown, this.shown + PART);
        this.rows.append(...part.map((shop) => this.row(shop)));
        this.shown += part.length;
        const left = this.shops.length - this.shown;
        this.more.hidden = left === 0;
        this.more.textContent = `Show ${Math.min(PART, left)} of ${left.toLocaleString("en")} more`;
    }

    row(shop) {
        const item = element("li", "dgx-map__row");
        const dot = element("span", `dgx-map__dot dgx-map__dot--${shop.tone}`);
        dot.setAttribute("aria-hidden", "true");
        const words = element("span", "dgx-map__words");
        const link = element("a", "dgx-link", shop.name);
        link.href = shop.address;
        words.append(link, element("small", "dgx-quiet", shop.words));
        item.append(dot, words);
        if (shop.place) {
            const button = element("button", "dgx-map__find", "Show");
            button.type = "button";
            button.setAttribute("aria-label", `Show ${shop.name} on the map`);
            button.addEventListener("click", () => this.shows(shop));
            item.append(button);
        } else {
            item.append(element("small", "dgx-quiet", "no coordinates"));
        }
        return item;
    }
}

export function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
}
