/** Archives of `foreignTree` by writers that need not be installed, as gzip in base64: bsdtar 3.6, cpio 2.13, CPython 3. */
export const foreignArchives: Readonly<Record<string, string>> = {
  "bsdtar as v7":
    "H4sIAAAAAAACA+2WQQoCMQxFe5SeYJrfSZrzCDODgiBoFx7fERW0uHGRupi8Tei2r/+nQwrmEJGKxPtcaefjAICFCWPOkYgLlxCDY86Q9rvzZO" +
    "2fVV6+8Zz53T83/kUwuv8e1Pla/Ra2nP/JfAN89P/X/Lf9L6Ts+e/lfzkc5//2f+tfCRQieiwn958up6Va51/1F/9Fsf7/svXDdBzH2TA30ww0" +
    "CgAQAAA=",
  "bsdtar as ustar":
    "H4sIAAAAAAACA+2W0QrCMAxF+yn9grVJk/V7BnMoiMJWYZ9vRAU7RRBsRZbzkg32sPbsdrdxpjje+8hsL1NYzusNABCTh4Bo5fHAaCybCpym1I" +
    "3yKl9YZLa4P6Fx227sS/unyPetgdvER/+U+wePIP69+i9O2szJKKulcYfiSB5aonfnP+T5DxRi1PzXYNYIrDz/ffEGmPW/l///p/7XSiC1/1Xy" +
    "P+z2m9/2v4V/uUY5/6FGOVX/bjoOqXT+Y/zIfwhsLJb+MNW/oigr5gybvfvsABQAAA==",
  "bsdtar as gnutar":
    "H4sIAAAAAAACA+2WQQrCMBBFc5ScoJlJJp3zFNqiIApthB7fWBRsFcHFxEXmbSZk+/Inv3FGHMhwjOvM7Od6RkSKBBi8z/ctsDc2mgJc59RN1p" +
    "pKadyhm3px/8Tx6Rsf07/4p71/Dtk/qH9x0rAko5h6838W557wlujL/sdt/kNAZM1/CRaNQOX578Ub4Lb/ffr/3/pf8KD9r5T/8Xga/tv/dv4R" +
    "kPL+xxLlVP27+TIm8fwz/+If8rqwXvphqn9FUSrmBuQDXZkAFAAA",
  "bsdtar as pax":
    "H4sIAAAAAAACA+2YTW6DMBCFWecUPkEy/i+L7rvMFVAgKlKbSsSROH5NlTb8SKFIGatp3ltgIS/AjL73mNkW7UtVlFWz2Z2apjqEsm6yG4uIvL" +
    "WiW6PGa7drhJTSWENSKyW6q3eZaLMEOh1D0cRXucEhB4e7E2kSu1C/V8/S51Y5Y/J8nWtSVjtnVnG3mOw+ua9dv8qgu9d6w/+MWf7jzYB/8tqq" +
    "TFjwn6D+258EeC2akq3+359Gnld1zf+VdPB/+D+UgH8u6vtomOv805h/UjL6P4F/doWqDaDgkfm/5P+BRx0SMToW9H/akCfk/x/N/5yQ//+I/w" +
    "O7ZvmPPwUj/rX3yP8UaoEA8v+c/1xtwGD+86v+X1pC/qP/hxLwX7JPgGf5n85/Xcc/5r9p6n9JgH39VjHVf9n813TzH/g//B/i55+H+j4ac/Nf" +
    "Gv//GRX7P5liOA3/7/n/8WMfOOpP3vtl/m89/B/+D6Xgn4f6BfxP/V9rmwnFHUzgH4KgB9YnLnoC9gAsAAA=",
  "cpio as ustar":
    "H4sIAAAAAAACA+2W3QrDIAxG80StiT95ng5bVtgqtA76+JNtV45ZdqGw6blJaYWih+Sz6yE7IsBaP2ogro9nRFRaCZRE4T0iCQINBbhtfljDL1" +
    "fnfGrd0fd4cz+CLe4fX5WS/qUSZf3bYby65fO607zAX/qf5suY3b9iLRL+VeyfkA2I5j87ftw9NKrF9pubfPb+F8z8zfyXITCA8o+m6vv/PKy2" +
    "QP4fzP93/2gYsOvzx1Pl/pfsPI/GKJW4/2PkXxrBVDb/K73/7y0CG41Go0rucQz6DgAUAAA=",
  "cpio as tar":
    "H4sIAAAAAAACA+2WMQ7CMAxFc6LWju34PEhtBRICCTL0+ITC1EpBDM4Sv+VHGf1iO8MYzIGCimxZ2Od2RkQWBqQY3/esSEGCY83U3D9+M9b8S3" +
    "kC7r+J/+Vync39swpU/PPBf+KSrsecPK/Zq9Bz/z/vSzbvf1DVf+Z/EsYQ7UdT95xPj6nB/v8x/4/+E1HAYWyxnrrmZs6n/xNz5f+PO/+ECcj3" +
    "fwNWL4HjOE6XvADNQbNwABQAAA==",
  "Python's tarfile as ustar":
    "H4sIAAAAAAACA+3WQQqDMBAF0BzFE2gmmTjnsahUaBXUgsdvKt1UUHGRQPW/zYgGXHxmJmmmgtOeODdXb1nnZyJix5qsMf69CBuVOBXBaxiL3v" +
    "+y77px69ze9z+VZmUWN3/6VrOeP2ljXeT8y6J6du36uVvTqpPmXzePKnD+LE5v5M+L/EmLVYlG/sGN1XTGsQYH+n/o6jFw//uNLgfmP4n4/W9C" +
    "Dyb0v8//XvRl8P2/M/+X+Ruds0ooxnK6fP5tcJ+Ac+aN+z/95m9Zcom8/y96/5+wAgEAAAAAAAAAAAAAAE7lDVzB96wAKAAA",
  "Python's tarfile as GNU":
    "H4sIAAAAAAACA+3WTQqDMBAF4BwlJ6iZ/HTOY1Gp0BrQFDx+U+mmgoqLBKrv24zE7B4zk0shklMROzfVaF6nbyKyzioyWsdzZqWFdCKD1xDKXk" +
    "rRex/W7m39/1OXoiry5k/fqpfzJ0XsMudflfXTd8v3bm0nDpp/0z7qxPlbdmolfzvLn5QxQirkn1yoxyOONdjR/4NvQuL+jxudd8x/YhP3v049" +
    "mND/Mf972VfJ9//G/J/nr5W2QlKO5XT6/LvkPgFfrV15/9Nv/say5sz7/6Tv/xErEAAAAAAAAAAAAAAA4FDeRqtZSAAoAAA=",
  "Python's tarfile as pax":
    "H4sIAAAAAAACA+3ZwWqDMBjA8Zz3FD6BJjHx2w6DHXfcKzi0TJgVrAMff7oNRgtadkigy/93UazgQb5/mjYv8uLppZ6f27ppRxWE/rZ11NpWv+" +
    "frdaOtKVU2qwg+TlM9Lo9XabI266eubx+NLZ2v5P5B5/pOIRF5Ef4Z61CL99vzv5wbY5x32pTWLtdFnFWZjzn/4zBMe/dd+/xm3z/9p//0P93+" +
    "N8FXgPP+m5+j3e7/Mv+lj9z/pm774bh932t3/J/vn/7Tf/qfcv8P3XsbuP9OvN7pv7vov9GyzL+OOf+J9n9q54kpSHn+Wf9Z/1n/U17/T8Mh6B" +
    "rwtf8T+cP+z4hYldnQX0xY/+k//af/Sff/rR6bsM+4vv+77L/VlVOZibE5pf/0n/7T/2T7fwxuHerKuZ3//815/0snlUT+/S/R//9nRgAAAAAA" +
    "AAAAAAAAAAAAAOCmfALW9mj0AFAAAA==",
};
