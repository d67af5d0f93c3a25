const ASCII = /^[\0-\x7f]*$/;
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}])[\u0300-\u036f]+/gu;
const LIGATURE = /[ßæœøłđı]/g;
const SPELLED_OUT: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

/**
 * The form in which texts are compared and found: without case, and without accents where the script is Latin or Greek.
 *
 * Marks of other scripts stay: dropping every mark would make the Hindi कि equal to का. Doing it twice changes nothing.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ASCII.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(ACCENTED, '$1')
    .normalize('NFC')
    .replace(LIGATURE, (letter) => SPELLED_OUT[letter] ?? letter);
}
