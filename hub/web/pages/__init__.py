"""The screens, one file each: every page is one template, and its live part is one fragment of the same template."""
