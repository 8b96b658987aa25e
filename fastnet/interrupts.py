"""Ctrl-C during a long step: it runs in a thread of its own while the main thread listens.

Python looks at signals in the main thread only, and only between two of its own instructions. A kernel that reads
several gigabytes, a conversion of such a matrix or the eigenvalues of a large one would hold Ctrl-C back until it
returns; all of them release the interpreter, so waiting for them in another thread does not. What was begun is then
left to end in silence: it writes only to arrays that nobody looks at any more.
"""

import threading

LONG = 2e8  # stored entries; a step that touches fewer takes about a fifth of a second at most
LOOK = 0.1  # seconds between two looks at signals where waiting itself cannot be interrupted (Windows)


def run(entries, function, *args):
    """``function(*args)``, which touches about so many stored entries; Ctrl-C is honoured while it runs.

    Short steps, and all steps outside the main thread (which no signal reaches), are called as they are: handing over
    to a thread takes a few tenths of a millisecond.
    """
    if entries < LONG or threading.current_thread() is not threading.main_thread():
        return function(*args)
    done = threading.Event()
    answer, error = [], []

    def work():
        try:
            answer.append(function(*args))
        except BaseException as raised:  # handed on to the main thread, whatever it is
            error.append(raised)
        finally:
            done.set()

    threading.Thread(target=work, name="fastnet", daemon=True).start()
    while not done.wait(LOOK):
        pass
    if error:
        raise error[0]
    return answer[0]
