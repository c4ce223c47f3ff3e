"""What simulated devices measure: coolers near 4 °C whose doors open now and then, one that is too warm, screens."""

import math
import random
from dataclasses import dataclass

COOLER_C, HOT_COOLER_C, SCREEN_C = 4.0, 11.0, 41.0
DAY_S = 86_400


@dataclass(frozen=True)
class Scenery:
    """Where a device stands. `celsius` is its mean temperature; `doors_an_hour` how often the door beside it opens."""

    celsius: float
    doors_an_hour: float

    @classmethod
    def cooler(cls, *, hot: bool = False) -> "Scenery":
        """A cooler with a door; a hot one needs a technician."""
        return cls(HOT_COOLER_C if hot else COOLER_C, 40)

    @classmethod
    def screen(cls) -> "Scenery":
        """A screen, warm as electronics are, that no door belongs to."""
        return cls(SCREEN_C, 0)

    def temperature(self, at: float, rng: random.Random) -> float:
        """A reading: the mean, a day's swing of 1 °C, and a sensor's noise. `at`: seconds since the epoch."""
        return round(self.celsius + math.sin(2 * math.pi * at / DAY_S) + rng.gauss(0, 0.3), 2)

    def door_openings(self, passed_s: float, rng: random.Random) -> int:
        """How often the door opened in the last `passed_s` seconds (Poisson, by counting exponential gaps)."""
        expected, openings, gap = self.doors_an_hour * passed_s / 3600, 0, rng.expovariate(1)
        while gap < expected and openings < 50:
            openings, gap = openings + 1, gap + rng.expovariate(1)
        return openings
