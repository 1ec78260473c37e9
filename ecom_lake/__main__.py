"""`python -m ecom_lake` is `ecom-lake`."""

import sys

from ecom_lake.cli import main

sys.exit(main())
