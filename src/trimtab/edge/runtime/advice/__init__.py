"""Others who are asked about what the contract alone would let be: asking.py the rule, opa.py a rule of the Open Policy Agent."""
