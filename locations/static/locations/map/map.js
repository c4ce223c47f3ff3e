// The map of shops: coloured by the status of their devices, clustered where there are many, with the same as a list.

import { Graticule, land } from "./ground.js";
import { ShopList, element } from "./list.js";

const { L } = globalThis;
const root = document.querySelector("[data-map]");
const settings = JSON.parse(document.getElementById("map-settings").textContent);
// The worst first: a cluster has the colour of the worst of its shops, and the list begins with them.
const TONES = settings.tones.map(([code]) => code);

const chosen = new Set(TONES);
let sought = "";

const map = L.map(root.querySelector("[data-canvas]"), {
    maxZoom: 19,
    minZoom: 1,
    worldCopyJump: true,
    zoomControl: false,
    zoomSnap: 0.5,
}).setView([25, 10], 2);
map.addControl(L.control.zoom({ position: "bottomleft" }));
map.attributionControl.setPrefix("Leaflet");
const clusters = L.markerClusterGroup({
    chunkedLoading: true,
    iconCreateFunction: clusterIcon,
    maxClusterRadius: 48,
    showCoverageOnHover: false,
    spiderLegPolylineOptions: { className: "dgx-map__leg", weight: 1 },
}).addTo(map);
const list = new ShopList(root, { show });

let shops = [];

function worst(tones) {
    return TONES.find((tone) => tones.includes(tone));
}

function clusterIcon(cluster) {
    const tone = worst(cluster.getAllChildMarkers().map((marker) => marker.options.shop.tone));
    const size = cluster.getChildCount() < 100 ? 36 : 46;
    return L.divIcon({
        className: `dgx-map__cluster dgx-map__cluster--${tone}`,
        html: cluster.getChildCount().toLocaleString("en"),
        iconSize: [size, size],
    });
}

function marker(shop) {
    const icon = L.divIcon({ className: `dgx-map__shop dgx-map__shop--${shop.tone}`, iconSize: [16, 16] });
    const made = L.marker(shop.place, { alt: `${shop.name}: ${shop.words}`, icon, shop, title: shop.name });
    return made.bindPopup(() => popup(shop), { minWidth: 180 });
}

function popup(shop) {
    const box = element("div", "dgx-map__popup");
    const link = element("a", "dgx-link", shop.name);
    link.href = shop.address;
    const counts = element("ul", "");
    for (const [n, { code, label }] of shop.counts.map((n, index) => [n, settings.statuses[index]])) {
        if (!n) continue;
        const devices = element("a", "dgx-link", `${n.toLocaleString("en")} ${label.toLowerCase()}`);
        devices.href = `${settings.devices}?shop__id__exact=${shop.id}&status=${code}`;
        const item = element("li", "");
        item.append(devices);
        counts.append(item);
    }
    box.append(link, element("p", "dgx-quiet", shop.words), counts);
    return box;
}

function show(shop) {
    root.querySelector("[data-canvas]").scrollIntoView({ block: "nearest" });
    clusters.zoomToShowLayer(shop.marker, () => shop.marker.openPopup());
}

function draw({ fit = false } = {}) {
    const shown = shops.filter((shop) => chosen.has(shop.tone) && shop.text.includes(sought));
    const placed = shown.filter((shop) => shop.place);
    clusters.clearLayers();
    clusters.addLayers(placed.map((shop) => shop.marker));
    list.fill(shown);
    root.querySelector("[data-count]").textContent = count(shown, placed);
    if (fit && placed.length) map.fitBounds(L.latLngBounds(placed.map((shop) => shop.place)).pad(0.1), { maxZoom: 12 });
}

function count(shown, placed) {
    const words = `${shown.length.toLocaleString("en")} ${shown.length === 1 ? "shop" : "shops"}`;
    const missing = shown.length - placed.length;
    return missing ? `${words}, ${missing.toLocaleString("en")} of them without coordinates` : words;
}

function read([id, name, code, latitude, longitude, tone, words, counts]) {
    const place = latitude === null ? null : [latitude, longitude];
    const address = settings.shop.replace("/0/", `/${id}/`);
    const shop = { id, name, address, place, tone: settings.tones[tone][0], words, counts };
    shop.text = `${name} ${code}`.toLocaleLowerCase();
    if (place) shop.marker = marker(shop);
    return shop;
}

function listen() {
    const search = root.querySelector("[data-search]");
    search.addEventListener("input", () => {
        sought = search.value.trim().toLocaleLowerCase();
        draw();
    });
    for (const box of root.querySelectorAll("[data-tone]")) {
        box.addEventListener("change", () => {
            chosen[box.checked ? "add" : "delete"](box.dataset.tone);
            draw();
        });
    }
    root.querySelector("[data-fit]").addEventListener("click", () => draw({ fit: true }));
}

async function start() {
    if (settings.tiles) {
        L.tileLayer(settings.tiles, { attribution: settings.attribution, maxZoom: 19 }).addTo(map);
    } else {
        (await land(settings.land)).addTo(map).bringToBack();
        new Graticule().addTo(map);
        map.attributionControl.addAttribution("Natural Earth");
    }
    const answer = await fetch(settings.data, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The shops could not be read: ${answer.status}.`);
    const told = await answer.json();
    shops = told.shops.map(read).sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone) || a.name.localeCompare(b.name));
    for (const [tone, n] of tally()) root.querySelector(`[data-tally="${tone}"]`).textContent = n.toLocaleString("en");
    root.querySelector("[data-age]").textContent = told.age;
    listen();
    draw({ fit: true });
    root.dataset.state = "ready";
}

function tally() {
    return TONES.map((tone) => [tone, shops.filter((shop) => shop.tone === tone).length]);
}

start().catch((error) => {
    root.querySelector("[data-count]").textContent = error.message;
    root.dataset.state = "failed";
});
