"""Where there is no node: each schema by Python's jsonschema, with its examples."""
import json
import sys
from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as f:
    document = json.load(f)
passed = failed = 0
for name, schema in document["components"]["schemas"].items():
    try:
        Draft202012Validator.check_schema(schema)
        whole = dict(document, **{"$ref": "#/components/schemas/" + name})
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
        passed += 1
    except Exception as e:
        failed += 1
        print(f"FAIL: schema {name}: {e}")
print(f"check: {passed} passed, {failed} failed, 0 skipped")
