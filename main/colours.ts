/** The few colours that the shell needs before or instead of the screen; the same as in the screen's theme. */
export const COLOURS = {
  canvas: { light: '#f5f6f8', dark: '#0e1115' },
  ink: { light: '#161a21', dark: '#e9ecf1' },
  inkSoft: { light: '#454e5c', dark: '#b6becb' },
  accent: { light: '#2f55d4', dark: '#91abff' },
}
