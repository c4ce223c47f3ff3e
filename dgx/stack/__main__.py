"""The command line of the embedded stack: `python -m dgx.stack run` and `python -m dgx.stack exec -- COMMAND`."""

import sys

from dgx.stack.execute import execute
from dgx.stack.process import StackError
from dgx.stack.run import run

USAGE = "usage: python -m dgx.stack run | python -m dgx.stack exec -- COMMAND [ARGUMENT ...]"


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["run"]:
                run()
                return 0
            case ["exec", "--", *command] if command:
                return execute(command)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
