"""`python -m muxer_cli` is `modelmuxer`."""

import sys

from muxer_cli import main

sys.exit(main())
