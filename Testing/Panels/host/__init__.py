"""A stand-in for the application to test the panels in: PySide6 without a screen over the real MRML scene.

It is test equipment and adds no behaviour that the application lacks: Qt properties are Python attributes as in
PythonQt, and an attribute that a Qt object does not have is an error. `start.start` makes the modules ``qt``,
``ctk`` and the parts of ``slicer`` that the slicer-core wheel leaves out. The application itself is the authority
(Testing/Slicer); where the two differ, the stand-in is wrong.
"""
