"""Media from an operator's disk to a group's screens: sent in parts straight to the store, though the line breaks and
the page is loaded anew; looked at on two screens; thrown away and brought back."""

import pytest
from playwright.sync_api import expect

from media_library.models import Link, Upload, Video
from media_library.services import multipart
from media_library.services.processing import process
from media_library.tests import files

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/media_library/video/"
PART = 60_000


@pytest.fixture(autouse=True)
def _small_parts(settings):
    settings.DGX_UPLOAD_PART_BYTES = PART


@pytest.fixture
def on_disk(tmp_path):
    """Makes files as an operator has them."""

    def make(**contents):
        paths = [tmp_path / name.replace("__", ".") for name in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            path.write_bytes(content)
        return [str(path) for path in paths]

    return make


def poster(colour: str) -> bytes:
    """A picture of a few parts: what follows a PNG's end is carried along."""
    return files.image(size=(640, 360), colour=colour) + bytes(3 * PART)


class Line:
    """What goes to the store: counted, and cut at will."""

    def __init__(self, page):
        self.sent: list[str] = []
        self.cut: set[int] = set()
        page.route("**/myvideos/incoming/**", self._pass)

    def _pass(self, route):
        self.sent.append(route.request.url)
        if len(self.sent) in self.cut:
            route.abort()
        else:
            route.continue_()


def look_inside():
    """What the worker does."""
    for video in Video.objects.unprobed():
        process(video.pk)


def test_three_files_are_sent_though_a_part_fails_and_are_put_on_a_group_in_order(visit, admin_user, on_disk):
    operator = visit(admin_user).open(LIST)
    page = operator.page
    line = Line(page)
    line.cut = {2}
    page.get_by_role("link", name="Upload files").click()
    chosen = on_disk(Spring__png=poster("teal"), Lunch_menu__pdf=files.pdf(pages=2), Autumn__png=poster("orange"))
    page.set_input_files("#choose", chosen)
    page.locator(".dgx-upload[data-state=done]").nth(2).wait_for()
    [broken] = operator.errors
    assert "ERR_FAILED" in broken
    operator.errors.clear()
    assert len(line.sent) == 4 + 1 + 4 + 1  # parts, and the one that failed
    look_inside()
    page.locator(".dgx-upload[data-video=ready]").nth(2).wait_for()
    page.locator(".dgx-upload").nth(2).get_by_role("button", name="Earlier").click()
    names = [field.input_value() for field in page.locator("[data-part=name]").all()]
    assert names == ["Spring", "Autumn", "Lunch menu"]
    page.select_option("[data-part=kind]", "group")
    page.locator("[data-part=search]").fill("Window screens")
    page.get_by_role("button", name="Put them there").click()
    assert operator.says("Done: 3 on Window screens.")
    page.mouse.move(0, 0)
    operator.look("upload")
    links = Link.objects.filter(group__name="Window screens", video__name__in=names).order_by("display_order")
    assert list(links.values_list("video__name", flat=True)) == names
    assert not Upload.objects.exists()


def test_a_part_is_sent_again_though_the_browser_takes_itself_for_offline(visit, admin_user, on_disk):
    operator = visit(admin_user)
    page = operator.page
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    operator.open(f"{LIST}upload/")
    line = Line(page)
    line.cut = {2}
    page.set_input_files("#choose", on_disk(Spring__png=poster("teal")))
    page.locator(".dgx-upload[data-state=done]").wait_for()
    assert len(line.sent) == 4 + 1
    operator.errors.clear()


def test_what_a_reload_interrupted_goes_on_where_it_stopped(visit, admin_user, on_disk):
    operator = visit(admin_user).open(f"{LIST}upload/")
    page = operator.page
    line = Line(page)
    line.cut = set(range(3, 30))
    [path] = on_disk(Spring__png=poster("teal"))
    page.set_input_files("#choose", path)
    page.get_by_text("trying again").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.locator(".dgx-upload[data-state=paused]").wait_for()
    page.reload()
    page.locator(".dgx-upload[data-state=interrupted]").wait_for()
    operator.errors.clear()  # only now is no request under way any more that could fail
    assert operator.says("It was interrupted.")
    line.cut, before = set(), len(line.sent)
    there = len(multipart.arrived(Upload.objects.get()))
    assert there > 0
    page.set_input_files("#choose", path)
    page.locator(".dgx-upload[data-state=done]").wait_for()
    assert len(line.sent) - before == 4 - there
    look_inside()
    assert Video.objects.get(name="Spring").state == "ready"


def test_what_is_not_taken_is_named_before_a_byte_is_sent(visit, admin_user, on_disk):
    operator = visit(admin_user).open(f"{LIST}upload/")
    line = Line(operator.page)
    operator.page.set_input_files("#choose", on_disk(logo__svg=files.SVG, empty__png=b""))
    assert operator.says("image/svg+xml is not taken")
    assert operator.says("The file is empty.")
    assert line.sent == []
    assert not Upload.objects.exists()


def test_a_name_that_is_taken_gets_a_number_and_can_be_changed(visit, admin_user, on_disk):
    operator = visit(admin_user).open(f"{LIST}upload/")
    page = operator.page
    page.set_input_files("#choose", on_disk(Bakery__png=poster("teal")))
    page.locator(".dgx-upload[data-state=done]").wait_for()
    assert [error for error in operator.errors if "409" not in error] == []
    operator.errors.clear()
    name = page.locator("[data-part=name]")
    assert name.input_value() == "Bakery 2"
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        name.fill("Bakery in spring")
        name.press("Tab")
    assert Video.objects.filter(name="Bakery in spring").exists()


def test_the_preview_turns_and_fits_as_the_form_says(visit, admin_user):
    operator = visit(admin_user)
    operator.open(f"{LIST}{Video.objects.get(name='Coffee bar').pk}/change/")
    page = operator.page
    screens = [page.frame_locator("iframe").nth(number) for number in range(2)]
    for screen in screens:
        screen.locator("#stage[data-shown=video]").wait_for(timeout=30_000)
    assert [look_at(screen) for screen in screens] == [(1920, 1080, "cover"), (1080, 1920, "cover")]
    page.select_option("#id_rotation", "90")
    page.select_option("#id_fit_mode", "contain")
    # a screen that stands on its side has a frame as wide as it is high
    for screen, seen in zip(screens, [(1080, 1920, "contain"), (1920, 1080, "contain")], strict=True):
        expect(screen.locator("video").last).to_have_css("object-fit", "contain")
        assert look_at(screen) == seen
    operator.look("preview")


def look_at(screen):
    """The frame's size before it is turned, and how its content fits into it."""
    frame = screen.locator(".frame").last
    width, height = frame.evaluate("each => [each.offsetWidth, each.offsetHeight]")
    return width, height, frame.locator("video").evaluate("each => getComputedStyle(each).objectFit")


def test_what_is_thrown_away_leaves_the_screens_and_comes_back(visit, admin_user):
    link = Link.objects.filter(group__name="Window screens").earliest("pk")
    video = link.video
    operator = visit(admin_user).open(f"{LIST}{video.pk}/delete/")
    page = operator.page
    assert operator.says("would go on with the rest of the programme")
    operator.look("throw-away")
    page.get_by_role("button", name="Put into the bin").click()
    assert operator.says("is in the bin")
    assert not Video.objects.filter(pk=video.pk).exists()
    page.get_by_role("link", name="Look there").click()
    operator.look("bin")
    page.get_by_label(f"Select {video.name}").check()
    page.get_by_role("button", name="Restore the selected").click()
    assert operator.says("Back, with their links: 1 video.")
    assert Link.objects.filter(pk=link.pk, video=video).exists()
    assert Video.objects.filter(pk=video.pk).exists()
