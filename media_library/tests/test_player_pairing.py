"""The player comes in as a person sees it: by a code in the admin or by a key, and again after its token was taken."""

import pytest
from django.utils import timezone

from devices.models import Device
from devices.services.enrolment import allow_pairing, approve_pairing, revoke_tokens
from media_library.tests.browser import SIZE, chequered, enrolment_key, png, put_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODE = ".code"


def test_it_is_paired_through_the_admin_and_never_asks_again(screen, browser, admin_user):
    screen.query = "?id=entrance"
    screen.open()
    code = screen.page.inner_text(CODE)
    screen.page.wait_for_function("() => document.querySelector('.qr')?.naturalWidth > 0")
    operator = browser.new_context().new_page()
    operator.goto(f"{screen.server.url}/admin/devices/pairing/approve/?code={code}")  # what the QR code opens
    operator.fill("[name=username]", "admin")
    operator.fill("[name=password]", "correct horse battery")
    operator.click("[type=submit]")
    assert "entrance" in operator.inner_text("h1.dgx-title")
    operator.click("text=Let it in")
    operator.context.close()
    screen.until("dgx.player && dgx.identity.token")
    assert Device.objects.get().mobile_id == "entrance"
    screen.page.reload()
    screen.until("dgx.player?.status.polled")
    assert screen.page.locator(CODE).count() == 0


def test_the_code_can_be_read_from_afar(screen):
    screen.open()
    box = screen.page.locator(CODE).bounding_box()
    assert box["height"] > SIZE[1] / 10
    assert box["width"] < SIZE[0]


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (320, 200), (360, 740)])
def test_code_picture_and_address_are_all_on_the_screen(screen, size):
    screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    screen.open()
    screen.page.wait_for_function("() => document.querySelector('.qr')?.naturalWidth > 0")
    where = screen.server.url.removeprefix("http://")
    for part in (CODE, ".qr", f"text=Scan, or type the code under Pairing at {where}/admin"):
        box = screen.page.locator(part).bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= size[0]
        assert 0 <= box["y"] < box["y"] + box["height"] <= size[1]


def test_a_key_lets_it_in_and_leaves_the_address(screen):
    screen.query = f"?id=kiosk-7&key={enrolment_key()}"
    screen.open()
    screen.until("dgx.player?.status.polled")
    assert screen.page.url == f"{screen.server.url}/player/"
    assert Device.objects.get().mobile_id == "kiosk-7"


def test_a_wrong_key_is_told_and_lets_nobody_in(screen):
    screen.query = "?key=dgxe_wrong"
    screen.open()
    screen.page.wait_for_selector("text=The enrolment key is unknown")
    assert not Device.objects.exists()


def test_a_revoked_token_leads_back_to_pairing_and_the_files_stay(enrolled_screen):
    device, screen = enrolled_screen()
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    revoke_tokens(Device.objects.all(), now=timezone.now())
    screen.page.wait_for_selector("text=The server knows this screen as kiosk")
    assert screen.now_showing() is None
    allow_pairing(Device.objects.all(), now=timezone.now())
    screen.page.reload()
    code = screen.page.inner_text(CODE)
    before = screen.store.bytes_down
    approve_pairing(code=code, by=None, now=timezone.now())
    screen.until_shows(video)
    assert screen.store.bytes_down == before
    assert Device.objects.count() == 1


def test_the_operators_overlay_says_who_it_is_and_what_it_does(enrolled_screen):
    device, screen = enrolled_screen(name="Front door")
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    screen.until("dgx.player.status.polled")
    screen.page.keyboard.press("i")
    words = screen.page.inner_text("#overlay")
    for expected in ("kiosk · Front door", "poster.png", "answers", "1 of 1 here", "web 1.0+"):
        assert expected in words
    assert screen.page.evaluate("dgx.identity.token") not in words
    screen.page.keyboard.press("i")
    assert screen.page.locator("#overlay").is_hidden()
    screen.page.mouse.move(100, 100)
    screen.page.mouse.down()  # as a finger that stays
    screen.page.wait_for_selector("#overlay:not([hidden])")


def test_the_overlay_goes_by_itself_and_does_not_come_by_the_touch_of_two_fingers(screen):
    screen.page.clock.install()
    screen.open()
    screen.page.wait_for_selector(CODE)
    overlay = screen.page.locator("#overlay")

    def fingers(*what: str) -> None:
        screen.page.evaluate("(all) => all.forEach((what) => dispatchEvent(new PointerEvent(what)))", what)

    fingers("pointerdown", "pointerdown", "pointerup", "pointerup")
    screen.page.clock.run_for(2_000)
    assert overlay.is_hidden()
    fingers("pointerdown")
    screen.page.clock.run_for(2_000)
    assert overlay.is_visible()
    screen.page.clock.run_for(120_000)
    assert overlay.is_hidden()


def test_a_second_window_waits_for_the_first(enrolled_screen):
    device, screen = enrolled_screen()
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    other = screen.page.context.new_page()
    other.goto(f"{screen.server.url}/player/")
    other.wait_for_timeout(1000)
    assert other.evaluate("dgx.player") is None
    screen.page.close()
    other.wait_for_function("() => dgx.stage.current?.item.name === 'poster.png'")


def test_it_asks_for_a_screen_that_stays_on_and_for_storage_that_stays(screen):
    screen.page.add_init_script(
        """globalThis.asked = [];
        Object.defineProperty(navigator, "wakeLock", { value: { request: async (what) => asked.push(what) } });
        navigator.storage.persist = async () => asked.push("persist");"""
    )
    screen.open()
    screen.page.wait_for_function("() => asked.length === 2")
    screen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # hidden, it lost its lock
    screen.page.wait_for_function("() => asked.length === 3")
    assert screen.page.evaluate("asked") == ["screen", "persist", "screen"]
