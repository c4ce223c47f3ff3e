// What lies below the shops where no tiles are configured: the outlines of the land, and a graticule that gets finer as
// one comes nearer. Nothing of it comes from another machine.

const { L } = globalThis;

// Degrees between two lines, from the zoom on.
const STEPS = [[0, 30], [3, 15], [4, 10], [5, 5], [7, 2], [8, 1], [9, 0.5], [11, 0.1], [14, 0.02]];
// The projection ends there.
const LATITUDE_MAX = 85;

export const Graticule = L.LayerGroup.extend({
    onAdd(map) {
        L.LayerGroup.prototype.onAdd.call(this, map);
        map.on("moveend", this.draw, this);
        this.draw();
    },

    onRemove(map) {
        map.off("moveend", this.draw, this);
        L.LayerGroup.prototype.onRemove.call(this, map);
    },

    draw() {
        this.clearLayers();
        const step = STEPS.findLast(([zoom]) => this._map.getZoom() >= zoom)?.[1] ?? 30;
        const seen = this._map.getBounds().pad(0.1);
        const [south, north] = [Math.max(seen.getSouth(), -LATITUDE_MAX), Math.min(seen.getNorth(), LATITUDE_MAX)];
        for (const x of within(seen.getWest(), seen.getEast(), step)) {
            this.line([[south, x], [north, x]], [north, x], degrees(x, "E", "W", step), "meridian");
        }
        for (const y of within(south, north, step)) {
            this.line([[y, seen.getWest()], [y, seen.getEast()]], [y, seen.getWest()], degrees(y, "N", "S", step), "parallel");
        }
    },

    line(points, end, words, kind) {
        L.polyline(points, { className: "dgx-map__line", interactive: false, weight: 1 }).addTo(this);
        const point = this._map.latLngToContainerPoint(end);
        const inside = kind === "meridian" ? L.point(point.x + 4, 4) : L.point(6, point.y - 18);
        const icon = L.divIcon({ className: "dgx-map__degrees", html: words, iconSize: null });
        L.marker(this._map.containerPointToLatLng(inside), { icon, interactive: false, keyboard: false }).addTo(this);
    },
});

function within(from, to, step) {
    const first = Math.ceil(from / step);
    return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, n) => (first + n) * step);
}

function degrees(value, positive, negative, step) {
    const turned = positive === "E" ? ((value + 540) % 360) - 180 : value;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    const side = Math.abs(turned) < 1e-9 ? "" : turned > 0 ? positive : negative;
    return `${Math.abs(turned).toFixed(digits)}°${side}`;
}

// The land of a TopoJSON file, three times side by side, so that the world goes on beyond its edge. Arcs are differences
// of whole numbers, and a negative number names an arc that is walked backwards
// (https://github.com/topojson/topojson-specification).
export async function land(address) {
    const topology = await (await fetch(address)).json();
    const { scale, translate } = topology.transform;
    const arcs = topology.arcs.map((arc) => {
        let [x, y] = [0, 0];
        return arc.map(([dx, dy]) => {
            [x, y] = [x + dx, y + dy];
            return [y * scale[1] + translate[1], x * scale[0] + translate[0]];
        });
    });
    const ring = (names) => unrolled(names.flatMap((name) => (name < 0 ? arcs[~name].toReversed() : arcs[name])));
    const polygons = topology.objects.land.geometries.flatMap(({ arcs: named }) => named.map((rings) => rings.map(ring)));
    const worlds = [-360, 0, 360].flatMap((turn) =>
        polygons.map((rings) => rings.map((points) => points.map(([y, x]) => [y, x + turn]))),
    );
    return L.polygon(worlds, { className: "dgx-map__land", interactive: false, weight: 1 });
}

// A ring that crosses the 180th meridian goes on beyond it instead of jumping to the other side. One that ends a turn
// away from where it began goes around the pole, and is closed along the lower edge.
function unrolled(points) {
    let turn = 0;
    const rolled = points.map(([y, x], n) => {
        const step = n ? x - points[n - 1][1] : 0;
        if (Math.abs(step) > 180) turn -= Math.sign(step) * 360;
        return [y, x + turn];
    });
    const [first, last] = [rolled[0], rolled.at(-1)];
    return Math.abs(first[1] - last[1]) < 180 ? rolled : [...rolled, [-89, last[1]], [-89, first[1]]];
}
