/** Archives of `foreignTree` by writers that need not be installed, as gzip in base64: bsdtar 3.6, cpio 2.13, CPython 3. */
export const foreignArchives: Readonly<Record<string, string>> = {
  "bsdtar as v7":
    "H4sIAAAAAAACA+2XwQrCMAyG+yh9gjXpkuZ5hG0oiIL2sMd3Q4WtiOAh9dB8l9Br/n5p2gWnDgAIs1/rQlmfB0QkJsA+Rg9AiZLzzlCnCxdt1p" +
    "wT0bf8cZ9/jxyj5V+D2VrQuP/Hw23Qnv8k/PYdXzVu/adi/jNjb/7XII9zti607P+gvgHu9r+P/pf7H4OQ+V8r/+l0Hv87/8v8BRCcxxqPk+Uf" +
    "7tcpa/sv8kv+SXD5/0Xti2kYhtEwD1x176cAFAAA",
  "bsdtar as ustar":
    "H4sIAAAAAAACA+2W4QrCIBDH71F8gumd3nyewTYKomAz2OPnqCBXBEEa4f2+3AQ/TP/+9BoN2THGeGa11si2XgeI6NgZtEQqTrdMoBgKcJ5DN8" +
    "Vf+cIik8X9CY0+5mbdkta5d/ljmr91RAjKSP7ZWUComUbvuqnPff87z3c18Fbp0X+X+o+GkMT/EoRhCWJBzf732TvApP976f9T/9dGIaX/K5T/" +
    "uD8Mv73/N/nHb/KgsMTjJPnr+TSG3P57/1H+1jIoyn0wJX9BECrmAhYsbagAFAAA",
  "bsdtar as gnutar":
    "H4sIAAAAAAACA+2WQQrCMBBF5yg5QZOZTDrnKbRFQRTaCD2+oSi0VQQXiYvM20zI9uX/TGMhOy4hIawzcZzrGRE5sENPlO5bJwQmQAHuc+wmY6" +
    "BSGnvNzeq5Zf7iH/f+PQkjGKf+s7OAUjONPXVTn73/WcIr7/ictMk/H/tfPGn+SxCHJWoKas5/n30D3O9/n/L/tv95crr/lfI/ni/Df/v/4B8d" +
    "soDBEp+T+rfzbYzZ8y/yi3+X6sJQ7oep/hVFqZgHXtcNiQAUAAA=",
  "bsdtar as pax":
    "H4sIAAAAAAACA+2Yy27CMBBFve5X+AtgZvwqi+675BciElSklkppkPL5ddQHj0jQSIzVlnsWRMgLSKxzb8bLqn9sqrpp56td2zbbrt605soQUQ" +
    "rBDtfM6XVYFcvMPnhiJ2KHz+SN7U0Bdm9d1ea/coWbPLq5P4Is7KrbvDQPnBZBYt6DxexeREKM7i4vVqNFRx+LBvwDZnP937jof/5y5D8lF8TY" +
    "AP8L7P/yuwG2OgyPJHo/If+dpxiR/8h/oO//VpvL/hOf+i/CxhL8V6eHAjfu/77/n6q2Vnv/+1KDP69ybv4Tjpj/0P+ggP9a1h+q4c/7T/7Efx" +
    "IW9H8JuqbvYAH6f+j/Ws3/g/OfH/U/+4T5H/0PCvhfq58AX/R/fP4bs5A4/y20//sGWG+em18x/3km5D/yH5TwX8f6KfMfjd7/JBnLJYZT5P9B" +
    "/r+9rjuN/aeU0rT8DwH5j/wHJfzXsX6C/+P8dy77L9rFBP8BADfMO6V/atIALAAA",
  "cpio as ustar":
    "H4sIAAAAAAACA+2WYQuDIBCG7xeVp2f3exoWC7aEctDPn0SfjBn7oLDp8+WihNCHu9emheQID2u9V09Y92dEJE0ClZT+PaIUEjRk4LW6fvG/XK" +
    "x1sXVX38PN/Qgmu388qoz6VyTy+jf98LTz53W3aYa/9D9OjyG5f2ItIv4p9C+ROxDVf3LcsDmoFItpVzu65P0vmPmb+a98YIBMP5qK7/97v5gM" +
    "+X8x/8/+sWPApk0fT4X7n1NzHE1HFLn/Y+BfaUbKm/+F3v+3GoGVSqVSJG+r/4PIABQAAA==",
  "cpio as tar":
    "H4sIAAAAAAACA+2WMQrDMAxFdaLEsiXrPIUktFBaaD3k+HVDpgRcOkiL9ZZvPOpZkocR1AkVYd6ycsztjIjEFDDF+L0nwQQMjjaTuX/cM7b8c3" +
    "0C7t/E/3K7z+r+STg0/NPJf6aarkedMq/Fq9Bz/7+fS1Hv/yAi/8z/zIQQ9UdT91wvr8lg//+Y/2f/OSXAYbRYT13z0Gbv/0zU+P/jwX9Ciuz7" +
    "34DVS+A4jtMlH69kWFwAFAAA",
  "Python's tarfile as ustar":
    "H4sIAAAAAAACA+3WQQqDMBAF0BzFE9RMnDjnsahUaA1oCh6/QbqpoOIigep/mxENuPjMTG65ik4HYu1cg2Wdn4mILWsqjAnvRdiozKoE3qOvhv" +
    "DLwTm/dW7v+5+65XWeNn/6VrOeP2lT2MT511Xzcv36uXvXq5Pm33bPJnL+LFZv5M+L/ElLoTKN/KPzzXTGsQYH+n90rY/c/2Gjy4H5TyJh/5vY" +
    "gwn9H/J/VEMdff/vzP9l/kaXrDJKsZwun38f25xzybxx/6ff/AsuiRLv/4ve/yesQAAAAAAAAAAAAAAAgFP5ADABTHoAKAAA",
  "Python's tarfile as GNU":
    "H4sIAAAAAAACA+3WQQqDMBAF0BwlJ9BMMmnOY1Gp0BrQFDx+g3RTQcVFAtX/NiMxu8/MpChFcipy1s41Wtb5m4jYsiKjdTx3TmkhrcjgPYZqkF" +
    "IM3oete3v//1RR1mXe/Olb9Xr+pMjZzPnXVfPy/fq9e9eLk+bfds8mcf7srNrInxf5kzJGSIX8kwvNdMaxBgf6f/RtSNz/caO7A/OfnIn7X6ce" +
    "TOj/mP+jGurk+39n/i/z10qzkJRjOV0+/z61Oecb88b7n37zN2wtZd7/F33/T1iBAAAAAAAAAAAAAAAAp/IBCN93ZgAoAAA=",
  "Python's tarfile as pax":
    "H4sIAAAAAAACA+3ZwWqDMBjA8Zz3FD6B5ouJ2Q6FHXfcKzi0TJgVrAMff7YbjBa07JBAl//voljBg3z/NG1e5MXzaz2/tHXTjioI/W3tqLWpfs" +
    "9P10UbKVU2qwg+j1M9Lo9XaTIm66eub3diSusq//ikc/2gkIi8CP+M01B759bnfzkXEeusltKY5br31qjMxZz/cRimrftufX6375/+03/6n27/" +
    "m+ArwGX/5edo1vu/zH/pIve/qdt+OKzf99Yd/uf7p//0n/6n3P9999EG7r/1Tm/03171X7Rf5l/HnP9E+z+188QUpDz/rP+s/6z/Ka//x2EfdA" +
    "047/+8/8P+T7w3KjOhv5iw/tN/+k//k+7/ez02YZ9xe/933X+jK6syibE5pf/0n/7T/2T7fwjtPNuVtRv//8tl/0tbiUT+/S/R//9nRgAAAAAA" +
    "AAAAAAAAAAAAAOCufAFlaXzsAFAAAA==",
};
